variable "secrets_dir" {
  description = "Absolute path of the folder that terraform/make-secrets wrote."
  type        = string
}

variable "images" {
  description = "What runs, each by its digest: service, postgres, redis, prometheus, grafana, postgres_exporter, redis_exporter, and weaviate where there is one."
  type        = map(string)
}

variable "address" {
  description = "The address on which the service is published."
  type        = string
}

variable "pool_size" {
  description = "Connections of the service's pool."
  type        = number
  default     = 5
}

variable "memory_mb" {
  description = "Most memory of service, postgres and each redis, in MiB."
  type        = map(number)
  default     = { service = 1024, postgres = 8192, redis = 1024 }
}
