-- Search: documents of a workspace, or of one technology in it, that match a web-style query, best first.
--
-- Naming: `<operation>_<variant>` or `<operation>_<variant>_<step>`. One request runs every statement of its operation
-- and variant, in the order of this file. Variant `baseline` is what runs with all knobs off, `tuned` with all on.
-- Parameters are named; their order ($1, $2, ...) is the order in which a statement first mentions them, which is
-- the order in the brackets.
--
-- baseline  the text vector of every candidate row is computed by the query; one page of matches with their whole text,
--           then how many there are
-- tuned     the text vector was stored with the document; one statement answers page and total, and reads the text
--           of the page alone, of which 240 characters are the snippet
--
-- With and without a technology are two operations: `:technology IS NULL OR ...` in one would get a generic plan that
-- cannot use the second column of an index. Every variant ranks by the same vector, and ties go to the newest, then
-- to the highest id, so that all of them answer the same documents in the same order.

-- name: search_in_technology_baseline_page(query, workspace, technology, limit, offset)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, d.content,
    ts_rank((setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')), websearch_to_tsquery('english', :query)) AS rank
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query)
ORDER BY rank DESC, d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: search_in_technology_baseline_total(workspace, technology, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND d.technology = :technology
    AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query);

-- name: search_in_technology_tuned(query, workspace, technology, limit, offset)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank(d.search_vector, query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.technology = :technology
        AND d.search_vector @@ query
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

-- name: search_in_workspace_baseline_page(query, workspace, limit, offset)
SELECT
    d.id, d.title, d.workspace_id, d.technology, d.created_at, d.content,
    ts_rank((setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')), websearch_to_tsquery('english', :query)) AS rank
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query)
ORDER BY rank DESC, d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: search_in_workspace_baseline_total(workspace, query)
SELECT count(*) AS total
FROM documents AS d
WHERE
    d.workspace_id = :workspace
    AND (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query);

-- name: search_in_workspace_tuned(query, workspace, limit, offset)
WITH matched AS MATERIALIZED (
    SELECT d.id, d.created_at, ts_rank(d.search_vector, query) AS rank
    FROM documents AS d, websearch_to_tsquery('english', :query) AS query
    WHERE
        d.workspace_id = :workspace
        AND d.search_vector @@ query
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
