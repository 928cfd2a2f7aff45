DROP TABLE search_logs;
DROP TABLE documents;
DROP TABLE workspaces;
