DROP INDEX CONCURRENTLY IF EXISTS search_logs_query_hash;

DROP INDEX CONCURRENTLY IF EXISTS search_logs_timestamp;

DROP INDEX CONCURRENTLY IF EXISTS documents_fulltext;

DROP INDEX CONCURRENTLY IF EXISTS documents_created_at;

DROP INDEX CONCURRENTLY IF EXISTS documents_workspace_technology_created;
