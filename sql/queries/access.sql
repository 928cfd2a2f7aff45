-- Access: API keys, of which only hashes are kept. Naming as in search.sql, without variants.

-- name: key_by_hash(key_hash)
SELECT name, role, key_hash FROM api_keys WHERE key_hash = :key_hash AND revoked_at IS NULL;

-- name: keys_all()
SELECT name, role, created_at, revoked_at FROM api_keys ORDER BY name;

-- name: key_add(name, role, key_hash, request_id)
WITH added AS (
    INSERT INTO api_keys (name, role, key_hash) VALUES (:name, :role, :key_hash)
    ON CONFLICT DO NOTHING
    RETURNING name, role
),
logged AS (
    INSERT INTO audit (actor, action, target, after, request_id)
    SELECT 'operator', 'add key', added.name, added.role, :request_id FROM added
)
SELECT added.name FROM added;

-- name: key_revoke(name, request_id)
WITH revoked AS (
    UPDATE api_keys SET revoked_at = now() WHERE name = :name AND revoked_at IS NULL
    RETURNING name, role
),
logged AS (
    INSERT INTO audit (actor, action, target, before, request_id)
    SELECT 'operator', 'revoke key', revoked.name, revoked.role, :request_id FROM revoked
)
SELECT revoked.name FROM revoked, pg_notify('docaiche', 'keys');
