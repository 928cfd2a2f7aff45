-- Statistics of a workspace, knob `fulltext` off: the length of every text is computed by the query.

-- name: by_technology(workspace)
SELECT
    technology,
    count(*) AS document_count,
    avg(length(content))::double precision AS avg_content_length,
    max(created_at) AS last_updated
FROM documents
WHERE workspace_id = :workspace
GROUP BY technology
ORDER BY document_count DESC, technology;
