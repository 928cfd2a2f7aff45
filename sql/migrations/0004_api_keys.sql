-- Who may use the service, and as what.
-- depends: 0003_configuration

-- migrate: apply
CREATE TABLE api_keys (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    role text NOT NULL CHECK (role IN ('reader', 'admin')),
    -- SHA-256 of the key. A key is 256 random bits: there is no dictionary to slow an attacker down in.
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- migrate: rollback
DROP TABLE api_keys;
