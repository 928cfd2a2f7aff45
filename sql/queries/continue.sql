-- The next page of a search, by the last hit of the page before: it neither skips nor repeats a hit when documents come
-- or go in between, as an offset would. search.sql has the first page, and says what the names mean.
--
-- tuned       the text vector was stored with the document (knob `fulltext` on)
-- v1_computed it is computed by the query

-- name: continue_in_technology_tuned(query, workspace, technology, rank, created_at, id, limit)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank(d.search_vector, query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.technology = :technology
        AND d.search_vector @@ query
),
page AS (
    SELECT id, rank
    FROM matched
    WHERE (rank, created_at, id) < (:rank::real, :created_at::timestamptz, :id::bigint)
    ORDER BY rank DESC, created_at DESC, id DESC
    LIMIT :limit
)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, page.rank,
    (SELECT count(*) FROM matched) AS total
FROM page
INNER JOIN documents AS d ON d.id = page.id
ORDER BY page.rank DESC, d.created_at DESC, d.id DESC;

-- name: continue_in_technology_v1_computed(query, workspace, technology, rank, created_at, id, limit)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank((setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')), query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.technology = :technology
        AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ query
),
page AS (
    SELECT id, rank
    FROM matched
    WHERE (rank, created_at, id) < (:rank::real, :created_at::timestamptz, :id::bigint)
    ORDER BY rank DESC, created_at DESC, id DESC
    LIMIT :limit
)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, page.rank,
    (SELECT count(*) FROM matched) AS total
FROM page
INNER JOIN documents AS d ON d.id = page.id
ORDER BY page.rank DESC, d.created_at DESC, d.id DESC;

-- name: continue_in_workspace_tuned(query, workspace, rank, created_at, id, limit)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank(d.search_vector, query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.search_vector @@ query
),
page AS (
    SELECT id, rank
    FROM matched
    WHERE (rank, created_at, id) < (:rank::real, :created_at::timestamptz, :id::bigint)
    ORDER BY rank DESC, created_at DESC, id DESC
    LIMIT :limit
)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, page.rank,
    (SELECT count(*) FROM matched) AS total
FROM page
INNER JOIN documents AS d ON d.id = page.id
ORDER BY page.rank DESC, d.created_at DESC, d.id DESC;

-- name: continue_in_workspace_v1_computed(query, workspace, rank, created_at, id, limit)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank((setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')), query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ query
),
page AS (
    SELECT id, rank
    FROM matched
    WHERE (rank, created_at, id) < (:rank::real, :created_at::timestamptz, :id::bigint)
    ORDER BY rank DESC, created_at DESC, id DESC
    LIMIT :limit
)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, page.rank,
    (SELECT count(*) FROM matched) AS total
FROM page
INNER JOIN documents AS d ON d.id = page.id
ORDER BY page.rank DESC, d.created_at DESC, d.id DESC;
