-- Knob `fulltext`: what searching and statistics compute for every row, computed once, when it is written.
-- Adding the columns rewrites the table under an exclusive lock; where others use it, `python -m service.online fulltext`
-- has the same result without.

CREATE EXTENSION IF NOT EXISTS btree_gin;

ALTER TABLE documents
    ADD COLUMN IF NOT EXISTS search_vector tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')
    ) STORED,
    ADD COLUMN IF NOT EXISTS content_length integer NOT NULL GENERATED ALWAYS AS (length(content)) STORED;

-- Filter and text in one index: no BitmapAnd of two. btree_gin gives GIN its operators for text.
CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_search ON documents
    USING gin (workspace_id, technology, search_vector) WITH (fastupdate = off);

-- The statistics of a workspace from the index alone: length(content) would read every document's text.
CREATE INDEX CONCURRENTLY IF NOT EXISTS documents_statistics
    ON documents (workspace_id, technology) INCLUDE (content_length, created_at);
