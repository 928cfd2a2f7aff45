# One deployment: a network, what stores, what serves, what watches.

module "shared" {
  source = "../../shared"

  environment = var.environment
  name        = var.name
  images      = var.images
  secrets_dir = var.secrets_dir
  address     = var.address
  ports       = var.ports
  redis_mode  = var.redis_mode
  pool_size   = var.pool_size
  memory_mb   = var.memory_mb

  max_connections = var.max_connections
}

locals {
  # With the rules' defaults filled in.
  memory_mb = merge({ service = 512, postgres = 2048, redis = 256 }, var.memory_mb)
}

resource "docker_network" "this" {
  name = var.name

  dynamic "labels" {
    for_each = module.shared.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}

module "database" {
  source = "../database"

  name              = var.name
  network           = docker_network.this.name
  labels            = module.shared.labels
  images            = var.images
  secrets_dir       = var.secrets_dir
  address           = var.address
  ports             = var.ports
  memory_mb         = local.memory_mb
  postgres_settings = module.shared.postgres_settings
  redis_nodes       = module.shared.redis_nodes
  redis_command     = module.shared.redis_command
}

module "api" {
  source = "../api"

  name        = var.name
  network     = docker_network.this.name
  labels      = module.shared.labels
  image       = var.images.service
  secrets_dir = var.secrets_dir
  address     = var.address
  port        = var.ports.service
  memory_mb   = local.memory_mb.service
  environment = module.shared.service_environment

  depends_on = [module.database]
}

module "monitoring" {
  source = "../monitoring"

  name        = var.name
  network     = docker_network.this.name
  labels      = module.shared.labels
  images      = var.images
  secrets_dir = var.secrets_dir
  address     = var.address
  ports       = var.ports
  files       = abspath("${path.module}/../../../monitoring")

  depends_on = [module.database]
}
