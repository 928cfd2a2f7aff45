-- Search, knob `fulltext` on: the text vector was stored when the document was written.
--
-- page_*   one page of matches with the total, best first: one round trip, no text beyond the snippet
-- all_*    one page of matches with their whole text, as the legacy API asks for it
-- count_*  how many documents match
--
-- `*_in_technology` filter by workspace and technology, `*_in_workspace` by workspace alone: one query for both
-- with `:technology IS NULL OR ...` would get a generic plan that cannot use the index's second column.
-- Ties in rank are broken by date and id, so that every variant answers the same order.

-- name: page_in_technology(query, workspace, technology, limit, offset)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank(d.search_vector, query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.technology = :technology
        AND (d.search_vector) @@ query
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

-- name: all_in_technology(query, workspace, technology, limit, offset)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, d.content,
    ts_rank(d.search_vector, websearch_to_tsquery('english', :query)) AS rank
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND (d.search_vector) @@ websearch_to_tsquery('english', :query)
ORDER BY rank DESC, d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: count_in_technology(workspace, technology, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND (d.search_vector) @@ websearch_to_tsquery('english', :query);

-- name: page_in_workspace(query, workspace, limit, offset)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank(d.search_vector, query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND (d.search_vector) @@ query
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

-- name: all_in_workspace(query, workspace, limit, offset)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, d.content,
    ts_rank(d.search_vector, websearch_to_tsquery('english', :query)) AS rank
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND (d.search_vector) @@ websearch_to_tsquery('english', :query)
ORDER BY rank DESC, d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: count_in_workspace(workspace, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND (d.search_vector) @@ websearch_to_tsquery('english', :query);
