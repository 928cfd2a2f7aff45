-- Collections: every workspace that has documents, with their number.
--
-- Naming as in search.sql: `<operation>_<variant>`. Without a variant the statement is the same in every one; what the
-- knobs change for it are the indexes.

-- name: collections()
SELECT w.id, w.name, counted.document_count
FROM workspaces AS w
INNER JOIN (
    SELECT workspace_id, count(*) AS document_count FROM documents GROUP BY workspace_id
) AS counted ON counted.workspace_id = w.id
ORDER BY counted.document_count DESC, w.id;
