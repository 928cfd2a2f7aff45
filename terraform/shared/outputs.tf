output "labels" {
  description = "On everything that is made."
  value = {
    "perflab.deployment"  = var.name
    "perflab.environment" = var.environment
  }
}

output "postgres_settings" {
  description = "Settings of the whole server. Those of the database are sql/tuning/settings.apply.sql, which `prepare` applies."
  value       = local.postgres_settings
}

output "redis_nodes" {
  description = "Names of the Redis servers on the network; any of a cluster leads to the others."
  value       = local.redis_nodes
}

output "redis_command" {
  description = "What each of them runs: a cache. Its password, and that nothing is written to disk, stand in the file."
  value = concat(
    ["redis-server", "/run/secrets/redis.conf", "--maxmemory-policy", "allkeys-lru"],
    ["--maxmemory", "${floor(var.memory_mb.redis * 0.75)}mb"],
    var.redis_mode == "cluster" ? ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"] : [],
  )
}

output "service_environment" {
  description = "Settings of the service that are no secrets."
  value = merge(
    {
      DOCAICHE_REDIS_MODE = var.redis_mode
      DOCAICHE_POOL_SIZE  = tostring(var.pool_size)
      DOCAICHE_ANONYMOUS  = var.environment == "production" ? "nobody" : "reader"
    },
    var.images.weaviate == null ? {} : { DOCAICHE_WEAVIATE_URL = "http://weaviate:8080" },
  )
}

output "lab" {
  description = "Where `./perflab run --services external` finds the servers: `terraform output -json lab > lab.json`, then PERFLAB_SERVICES=lab.json."
  value = {
    postgres = {
      host          = var.address
      port          = var.ports.postgres
      user          = "docaiche"
      database      = "docaiche"
      password_file = "${var.secrets_dir}/postgres_password"
    }
    redis = {
      host          = var.address
      port          = var.ports.redis
      mode          = var.redis_mode
      password_file = "${var.secrets_dir}/redis_password"
    }
  }
}
