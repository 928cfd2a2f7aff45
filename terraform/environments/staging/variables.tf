variable "secrets_dir" {
  description = "Absolute path of the folder that terraform/make-secrets wrote."
  type        = string
}

variable "images" {
  description = "What runs, each by its digest: service, postgres, redis, prometheus, grafana, postgres_exporter, redis_exporter, and weaviate where there is one."
  type        = map(string)
}
