-- Administration: all documents, newest first, in pages that are found by the last document of the page before. Naming as
-- in search.sql.
--
-- tuned     the text vector was stored with the document (knob `fulltext` on)
-- baseline  it is computed by the query

-- name: newest_documents(created_at, id, limit)
SELECT d.id, d.workspace_id, d.technology, d.title, d.source, d.created_at
FROM documents AS d
WHERE (d.created_at, d.id) < (:created_at, :id)
ORDER BY d.created_at DESC, d.id DESC
LIMIT :limit;

-- name: newest_matching_tuned(query, created_at, id, limit)
SELECT d.id, d.workspace_id, d.technology, d.title, d.source, d.created_at
FROM documents AS d
WHERE
    d.search_vector @@ websearch_to_tsquery('english', :query)
    AND (d.created_at, d.id) < (:created_at, :id)
ORDER BY d.created_at DESC, d.id DESC
LIMIT :limit;

-- name: newest_matching_baseline(query, created_at, id, limit)
SELECT d.id, d.workspace_id, d.technology, d.title, d.source, d.created_at
FROM documents AS d
WHERE
    (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query)
    AND (d.created_at, d.id) < (:created_at, :id)
ORDER BY d.created_at DESC, d.id DESC
LIMIT :limit;

-- The legacy way to the same documents: by number of the page, all pages before it read and thrown away.

-- name: numbered_documents(limit, offset)
SELECT d.id, d.workspace_id, d.technology, d.title, d.source, d.created_at
FROM documents AS d
ORDER BY d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;

-- name: numbered_matching(query, limit, offset)
SELECT d.id, d.workspace_id, d.technology, d.title, d.source, d.created_at
FROM documents AS d
WHERE (setweight(to_tsvector('english', d.title), 'A') || setweight(to_tsvector('english', d.content), 'B')) @@ websearch_to_tsquery('english', :query)
ORDER BY d.created_at DESC, d.id DESC
LIMIT :limit OFFSET :offset;
