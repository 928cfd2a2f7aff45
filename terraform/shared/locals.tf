locals {
  # Every pool, its listener beside it, the exporter, and ten for whoever operates it.
  needed_connections = var.pool_size + 1 + 3 + 10

  redis_nodes = var.redis_mode == "cluster" ? ["redis", "redis-1", "redis-2"] : ["redis"]

  postgres_settings = {
    # The usual start; more is the operating system's to cache.
    shared_buffers = "${floor(var.memory_mb.postgres / 4)}MB"
    # What the planner may assume is cached by either.
    effective_cache_size     = "${floor(var.memory_mb.postgres * 3 / 4)}MB"
    maintenance_work_mem     = "${min(floor(var.memory_mb.postgres / 16), 1024)}MB"
    max_connections          = tostring(coalesce(var.max_connections, local.needed_connections))
    shared_preload_libraries = "pg_stat_statements"
    # Checkpoints by time and not by volume.
    max_wal_size        = "4GB"
    autovacuum_naptime  = "15s"
    log_checkpoints     = "on"
    log_lock_waits      = "on"
    password_encryption = "scram-sha-256"
  }
}
