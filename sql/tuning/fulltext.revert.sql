DROP INDEX CONCURRENTLY IF EXISTS documents_statistics;

DROP INDEX CONCURRENTLY IF EXISTS documents_search;

-- Where `python -m service.online fulltext` made the columns, a trigger keeps them.
DROP TRIGGER IF EXISTS documents_stored ON documents;

DROP FUNCTION IF EXISTS documents_stored();

ALTER TABLE documents
    DROP CONSTRAINT IF EXISTS documents_stored_complete,
    DROP COLUMN IF EXISTS content_length,
    DROP COLUMN IF EXISTS search_vector;

DROP EXTENSION IF EXISTS btree_gin;
