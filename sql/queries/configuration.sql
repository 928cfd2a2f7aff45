-- Configuration: settings that are changed while the service runs. Naming as in search.sql, without variants.

-- name: configuration_all()
SELECT key, value, version, updated_at, updated_by FROM configuration ORDER BY key;

-- name: configuration_put(key, value, actor, version, request_id)
-- One statement writes, audits and tells the others, or does none of it. No row comes back when `version` is not the
-- present one (0: there must be none yet; NULL: whatever it is). `old` is locked first, so that the audit tells the
-- value that was really replaced; the aggregate makes the INSERT wait for it.
WITH old AS MATERIALIZED (
    SELECT value, version FROM configuration WHERE key = :key FOR UPDATE
),
written AS (
    INSERT INTO configuration AS c (key, value, updated_by)
    SELECT :key, :value, :actor
    FROM (SELECT coalesce(max(old.version), 0) AS version FROM old) AS present
    WHERE :version::bigint IS NULL OR present.version = :version
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, version = c.version + 1, updated_at = now(), updated_by = excluded.updated_by
    WHERE :version IS NULL OR c.version = :version
    RETURNING c.key, c.value, c.version, c.updated_at, c.updated_by
),
logged AS (
    INSERT INTO audit (actor, action, target, before, after, request_id)
    SELECT written.updated_by, 'write configuration', written.key, old.value, written.value, :request_id
    FROM written LEFT JOIN old ON true
)
SELECT written.* FROM written, pg_notify('docaiche', 'configuration');

-- name: audit_page(before_id, limit)
-- Newest first; `before_id` is the last id of the page before.
SELECT id, at, actor, action, target, before, after, request_id
FROM audit
WHERE id < :before_id
ORDER BY id DESC
LIMIT :limit;
