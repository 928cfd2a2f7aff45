-- Knob `indexes`: the indexes that the queries need. Each statement runs by itself, outside a transaction,
-- because CREATE INDEX CONCURRENTLY demands it; each may be run again after an interruption.

-- Searches and statistics filter by workspace, and most by technology too; pages come newest first. One index
-- serves both, so there is none on (technology) or (workspace_id) alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_workspace_technology_created
    ON documents (workspace_id, technology, created_at DESC, id DESC);

CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_created_at ON documents (created_at DESC, id DESC);

-- Full text over the very expression that the queries compute: another expression would not be used.
CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_fulltext ON documents USING gin (
    (setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B'))
) WITH (fastupdate = off);

-- Logs are appended in time order: a BRIN index is a thousandth of a btree's size.
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_logs_timestamp ON search_logs USING brin (timestamp);

CREATE INDEX CONCURRENTLY IF NOT EXISTS search_logs_query_hash ON search_logs (query_hash);
