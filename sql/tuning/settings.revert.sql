ALTER TABLE signals RESET (
    autovacuum_vacuum_scale_factor,
    autovacuum_analyze_scale_factor
);

ALTER TABLE search_logs RESET (
    autovacuum_vacuum_insert_scale_factor,
    autovacuum_vacuum_insert_threshold
);

ALTER TABLE documents RESET (
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_insert_scale_factor,
    autovacuum_analyze_scale_factor
);

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET work_mem', current_database()); END $$;

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET jit', current_database()); END $$;

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET effective_io_concurrency', current_database()); END $$;

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET random_page_cost', current_database()); END $$;
