-- Search with the knobs `api` and `fulltext` apart; search.sql has them together, off or on, and says what they mean.
--
-- Naming: `<operation>_<variant>` or `<operation>_<variant>_<step>`. One request runs every statement of its operation
-- and variant, in the order of this file. Variant `baseline` is what runs with all knobs off, `tuned` with all on.
-- Parameters are named; their order ($1, $2, ...) is the order in which a statement first mentions them, which is
-- the order in the brackets.
--
-- v1_computed    the statement of `tuned`, with the text vector computed by the query
-- legacy_stored  the statements of `baseline`, with the stored text vector
-- past_*         the total for a page of `tuned` or `v1_computed` that lies past the last match, where no row tells it

-- name: search_in_technology_v1_computed(query, workspace, technology, limit, offset)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank((setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')), query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.technology = :technology
        AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ query
),
page AS (
    SELECT id, rank FROM matched ORDER BY rank DESC, created_at DESC, id DESC LIMIT :limit OFFSET :offset
)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, page.rank,
    (SELECT count(*) FROM matched) AS total
FROM page
INNER JOIN documents AS d ON d.id = page.id
ORDER BY page.rank DESC, d.created_at DESC, d.id DESC;

-- name: search_in_technology_legacy_stored_page(query, workspace, technology, limit, offset)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, d.content,
    ts_rank(d.search_vector, websearch_to_tsquery('english', :query)) AS rank
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND d.search_vector @@ websearch_to_tsquery('english', :query)
ORDER BY rank DESC, d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: search_in_technology_legacy_stored_total(workspace, technology, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND d.search_vector @@ websearch_to_tsquery('english', :query);

-- name: past_in_technology_tuned(workspace, technology, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND d.search_vector @@ websearch_to_tsquery('english', :query);

-- name: past_in_technology_v1_computed(workspace, technology, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query);

-- name: search_in_workspace_v1_computed(query, workspace, limit, offset)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank((setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')), query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ query
),
page AS (
    SELECT id, rank FROM matched ORDER BY rank DESC, created_at DESC, id DESC LIMIT :limit OFFSET :offset
)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, left(d.content, 240) AS snippet, page.rank,
    (SELECT count(*) FROM matched) AS total
FROM page
INNER JOIN documents AS d ON d.id = page.id
ORDER BY page.rank DESC, d.created_at DESC, d.id DESC;

-- name: search_in_workspace_legacy_stored_page(query, workspace, limit, offset)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, d.content,
    ts_rank(d.search_vector, websearch_to_tsquery('english', :query)) AS rank
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.search_vector @@ websearch_to_tsquery('english', :query)
ORDER BY rank DESC, d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: search_in_workspace_legacy_stored_total(workspace, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.search_vector @@ websearch_to_tsquery('english', :query);

-- name: past_in_workspace_tuned(workspace, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.search_vector @@ websearch_to_tsquery('english', :query);

-- name: past_in_workspace_v1_computed(workspace, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query);
