-- A number that changes whenever documents do: by it remembered answers are told from those that are still true.
-- depends: 0004_api_keys

-- migrate: apply
CREATE TABLE content_version (
    -- There is one row.
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- Another server may have come to the same number with other documents.
    lineage uuid NOT NULL DEFAULT gen_random_uuid(),
    version bigint NOT NULL DEFAULT 1
);

INSERT INTO content_version DEFAULT VALUES;

-- A trigger, so that no way to change documents is forgotten. The row's lock orders those who do: whoever reads a
-- version finds everything that was done up to it. They wait for each other until they commit; readers do not.
CREATE FUNCTION documents_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE content_version SET version = version + 1;
    PERFORM pg_notify('docaiche', 'documents');
    RETURN NULL;
END;
$$;

CREATE FUNCTION documents_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A statement that found nothing to delete has changed nothing.
    IF EXISTS (SELECT FROM gone) THEN
        UPDATE content_version SET version = version + 1;
        PERFORM pg_notify('docaiche', 'documents');
    END IF;
    RETURN NULL;
END;
$$;

-- What is derived from the text, such as a stored vector, is no change.
CREATE TRIGGER documents_changed
    AFTER INSERT OR TRUNCATE OR UPDATE OF workspace_id, technology, title, content, source, created_at, updated_at
    ON documents FOR EACH STATEMENT EXECUTE FUNCTION documents_changed();

CREATE TRIGGER documents_deleted
    AFTER DELETE ON documents REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION documents_deleted();

-- migrate: rollback
DROP TRIGGER documents_deleted ON documents;
DROP TRIGGER documents_changed ON documents;
DROP FUNCTION documents_deleted();
DROP FUNCTION documents_changed();
DROP TABLE content_version;
