-- Content: one document by its id, and what readers say of it. Naming as in search.sql, without variants.
--
-- Other processes are told of changes by the trigger on documents.

-- name: content_read(id)
SELECT d.id, d.workspace_id, d.technology, d.title, d.content, d.source, d.created_at, d.updated_at
FROM documents AS d
WHERE d.id = :id;

-- name: content_delete(id, actor, request_id)
-- Whoever changes documents waits for all who changed some and have not committed, at the row of content_version. An
-- import may take long: a request gives up after a second, before a few like it hold every connection for as long as a
-- query may take.
WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', '1s', true)
),
gone AS (
    DELETE FROM documents USING patience WHERE id = :id RETURNING id, title
),
logged AS (
    INSERT INTO audit (actor, action, target, before, request_id)
    SELECT :actor, 'delete document', gone.id::text, gone.title, :request_id FROM gone
)
SELECT gone.id FROM gone;

-- name: feedback_add(document_id, rating, comment)
INSERT INTO feedback (document_id, rating, comment)
VALUES (:document_id, :rating, :comment)
RETURNING id, created_at;

-- name: signal_add(document_id, kind, query, duration_s)
INSERT INTO signals (document_id, kind, query, duration_s)
VALUES (:document_id, :kind, :query, :duration_s)
RETURNING id, created_at;
