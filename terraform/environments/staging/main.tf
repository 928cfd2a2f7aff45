# Like production in everything but size, and on loopback: what is measured here is to hold there.

module "stack" {
  source = "../../modules/stack"

  environment = "staging"
  name        = "docaiche-staging"
  secrets_dir = var.secrets_dir
  images      = var.images
  redis_mode  = "cluster"
  ports       = { service = 28000, postgres = 25432, redis = 26379, prometheus = 29090, grafana = 23000 }
}
