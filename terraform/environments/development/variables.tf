variable "name" {
  description = "What the names of containers, volumes and the network begin with; another one is another deployment."
  type        = string
  default     = "docaiche-development"
}

variable "ports" {
  description = "Ports on loopback."
  type        = map(number)
  default     = { service = 18000, postgres = 15432, redis = 16379, prometheus = 19090, grafana = 13000 }
}

variable "secrets_dir" {
  description = "Absolute path of the folder that terraform/make-secrets wrote."
  type        = string
}

variable "service_image" {
  description = "The service's image; `docker build --tag docaiche:development .` makes it."
  type        = string
  default     = "docaiche:development"
}

variable "redis_mode" {
  description = "One Redis, or a cluster of three primaries."
  type        = string
  default     = "single"
}

variable "weaviate_image" {
  description = "Weaviate's image; without one searches are full text alone."
  type        = string
  default     = null
}
