DROP INDEX CONCURRENTLY IF EXISTS documents_statistics;

DROP INDEX CONCURRENTLY IF EXISTS documents_search;

ALTER TABLE documents
    DROP COLUMN IF EXISTS content_length,
    DROP COLUMN IF EXISTS search_vector;

DROP EXTENSION IF EXISTS btree_gin;
