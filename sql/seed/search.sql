-- The query of the project's origin, word for word: what filtered search is compared with in docs/benchmarks.md. No
-- service runs it.
SELECT
    d.id, d.title, d.content, d.technology,
    ts_rank(to_tsvector('english', d.content), plainto_tsquery($1)) AS rank
FROM documents AS d
WHERE
    d.technology = $2
    AND d.workspace_id = $3
    AND to_tsvector('english', d.content) @@ plainto_tsquery($1)
ORDER BY rank DESC, d.created_at DESC
LIMIT $4;
