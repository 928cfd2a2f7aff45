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
