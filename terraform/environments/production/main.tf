# Readers need a key, Redis is a cluster, and the pool has what `./perflab sweep pool` recommends for the machine.

module "stack" {
  source = "../../modules/stack"

  environment = "production"
  name        = "docaiche"
  secrets_dir = var.secrets_dir
  images      = var.images
  address     = var.address
  redis_mode  = "cluster"
  pool_size   = var.pool_size
  memory_mb   = var.memory_mb
  ports       = { service = 8000, postgres = 5432, redis = 6379, prometheus = 9090, grafana = 3000 }
}
