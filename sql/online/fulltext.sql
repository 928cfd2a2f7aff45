-- Knob `fulltext` while the database is in use: what sql/tuning/fulltext.apply.sql does in one rewrite of the table under
-- an exclusive lock, in steps that hold nobody up. service/db/online.py runs them and says in which order; the indexes
-- come from sql/tuning/fulltext.apply.sql, and sql/tuning/fulltext.revert.sql takes either way back.
--
-- A generated column cannot be added without the rewrite, so the columns are plain ones that a trigger keeps. What they
-- hold, and that they are never empty in the end, is the same.

-- name: stored()
-- `kept`: step 1 is done, and with it both columns are there; `complete`: no row lacks them, whichever way they came.
SELECT
    (
        SELECT count(*) = 2
        FROM pg_attribute
        WHERE
            attrelid = 'documents'::regclass
            AND attname IN ('search_vector', 'content_length')
            AND attnotnull
            AND NOT attisdropped
    ) AS complete,
    EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'documents'::regclass AND tgname = 'documents_stored') AS kept;

-- name: add_columns()#
-- Empty ones are a change of the catalogue alone.
ALTER TABLE documents
    ADD COLUMN IF NOT EXISTS search_vector tsvector,
    ADD COLUMN IF NOT EXISTS content_length integer;

-- name: keep_function()#
CREATE OR REPLACE FUNCTION documents_stored() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.search_vector = setweight(to_tsvector('english', NEW.title), 'A') || setweight(to_tsvector('english', NEW.content), 'B');
    NEW.content_length = length(NEW.content);
    RETURN NEW;
END;
$$;

-- name: keep_trigger()#
-- Whoever writes the stored columns themselves gets what the text says, as a generated column would have it.
CREATE OR REPLACE TRIGGER documents_stored
    BEFORE INSERT OR UPDATE OF title, content, search_vector, content_length ON documents
    FOR EACH ROW EXECUTE FUNCTION documents_stored();

-- name: bounds()
SELECT min(id) AS first, max(id) AS last FROM documents;

-- name: batch_end(after, last, size)
SELECT max(batch.id) AS id
FROM (SELECT id FROM documents WHERE id > :after AND id <= :last ORDER BY id LIMIT :size) AS batch;

-- name: fill(after, last)
-- The trigger fills what its UPDATE names, so the expression stands in one place. It names a stored column alone: a title,
-- be it the same one, would be a change of the documents, for which answers are forgotten and content_version is locked.
-- A row that somebody else is changing is left for the next pass: who never waits for others is never one of two who wait
-- for each other.
WITH free AS MATERIALIZED (
    SELECT id
    FROM documents
    WHERE id > :after AND id <= :last AND (search_vector IS NULL OR content_length IS NULL)
    ORDER BY id
    FOR NO KEY UPDATE SKIP LOCKED
),
filled AS (
    UPDATE documents AS d SET search_vector = NULL FROM free WHERE d.id = free.id RETURNING d.id
)
SELECT count(*) AS number FROM filled;

-- name: lacking()
SELECT count(*) AS number FROM documents WHERE search_vector IS NULL OR content_length IS NULL;

-- name: claim_complete()#
ALTER TABLE documents
    DROP CONSTRAINT IF EXISTS documents_stored_complete,
    ADD CONSTRAINT documents_stored_complete CHECK (search_vector IS NOT NULL AND content_length IS NOT NULL) NOT VALID;

-- name: prove_complete()#
-- Reads the whole table, while others read and write it.
ALTER TABLE documents VALIDATE CONSTRAINT documents_stored_complete;

-- name: require()#
-- The proven constraint spares this the reading of the table.
ALTER TABLE documents
    ALTER COLUMN search_vector SET NOT NULL,
    ALTER COLUMN content_length SET NOT NULL;

-- name: drop_claim()#
ALTER TABLE documents DROP CONSTRAINT documents_stored_complete;

-- name: refresh()#
-- So many new row versions need their statistics, and documents_statistics its visibility map, now and not some time.
VACUUM (ANALYZE) documents;
