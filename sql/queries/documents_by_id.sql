-- Documents that Weaviate found, in its order and with its scores.
--
-- Naming as in search.sql: `<operation>_<variant>`. Without a variant the statement is the same in every one.
--
-- The workspace is asked for again, whatever Weaviate was asked: a wrong or stale identity in its index must not show
-- a document to those whom it is not for. Nor must one of another technology appear; `:technology IS NULL OR ...` is
-- harmless here, since the rows are found by primary key.

-- name: documents_by_id(ids, scores, workspace, technology)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, found.score AS rank
FROM unnest(CAST(:ids AS bigint []), CAST(:scores AS double precision [])) WITH ORDINALITY AS found (id, score, place)
INNER JOIN documents AS d ON d.id = found.id
WHERE
    d.workspace_id = :workspace
    AND (CAST(:technology AS text) IS NULL OR d.technology = :technology)
ORDER BY found.place;
