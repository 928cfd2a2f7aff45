-- The collections: every workspace with the number of its documents.

-- name: all_collections()
SELECT w.id, w.name, counted.document_count
FROM workspaces AS w
INNER JOIN (
    SELECT workspace_id, count(*) AS document_count FROM documents GROUP BY workspace_id
) AS counted ON counted.workspace_id = w.id
ORDER BY counted.document_count DESC, w.id;
