-- Statistics: what a workspace holds, by technology.
--
-- Naming: `<operation>_<variant>` or `<operation>_<variant>_<step>`. One request runs every statement of its operation
-- and variant, in the order of this file. Variant `baseline` is what runs with all knobs off, `tuned` with all on.
-- Parameters are named; their order ($1, $2, ...) is the order in which a statement first mentions them, which is
-- the order in the brackets.
--
-- baseline  the length of every text is computed by the query (knob `fulltext` off)
-- tuned     it was stored with the document (knob `fulltext` on)

-- name: stats_baseline(workspace)
SELECT
    technology,
    count(*) AS document_count,
    avg(length(content))::double precision AS avg_content_length,
    max(created_at) AS last_updated
FROM documents
WHERE workspace_id = :workspace
GROUP BY technology
ORDER BY document_count DESC, technology;

-- name: stats_tuned(workspace)
SELECT
    technology,
    count(*) AS document_count,
    avg(content_length)::double precision AS avg_content_length,
    max(created_at) AS last_updated
FROM documents
WHERE workspace_id = :workspace
GROUP BY technology
ORDER BY document_count DESC, technology;
