-- The indexes of documents that the project's origin names.
CREATE INDEX documents_seed_technology ON documents (technology) WHERE technology IS NOT NULL;

CREATE INDEX documents_seed_created_at ON documents (created_at);

CREATE INDEX documents_seed_workspace_id ON documents (workspace_id);

CREATE INDEX documents_seed_tech_workspace ON documents (technology, workspace_id);

CREATE INDEX documents_seed_fulltext ON documents USING gin (to_tsvector('english', content));
