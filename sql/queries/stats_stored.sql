-- Statistics of a workspace, knob `fulltext` on: lengths were stored when the documents were written.

-- name: by_technology(workspace)
SELECT
    technology,
    count(*) AS document_count,
    avg(content_length)::double precision AS avg_content_length,
    max(created_at) AS last_updated
FROM documents
WHERE workspace_id = :workspace
GROUP BY technology
ORDER BY document_count DESC, technology;
