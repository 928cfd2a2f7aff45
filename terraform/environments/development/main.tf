# On one's own machine: small, on loopback, images by their tags.

module "stack" {
  source = "../../modules/stack"

  environment = "development"
  name        = var.name
  secrets_dir = var.secrets_dir
  redis_mode  = var.redis_mode
  ports       = var.ports

  # A lab measures here, whose arms have connections of their own.
  max_connections = 200

  # The tags of compose.yaml; a test compares them.
  images = merge(
    {
      service           = var.service_image
      postgres          = "postgres:18-bookworm"
      redis             = "redis:8.2.1-bookworm"
      prometheus        = "prom/prometheus:v3.5.0"
      grafana           = "grafana/grafana:12.3.0"
      postgres_exporter = "quay.io/prometheuscommunity/postgres-exporter:v0.17.1"
      redis_exporter    = "oliver006/redis_exporter:v1.73.0"
    },
    var.weaviate_image == null ? {} : { weaviate = var.weaviate_image },
  )
}
