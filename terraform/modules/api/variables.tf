variable "name" {
  description = "What the containers' names begin with."
  type        = string
}

variable "network" {
  description = "The network of the deployment."
  type        = string
}

variable "labels" {
  description = "Labels of every container."
  type        = map(string)
}

variable "image" {
  description = "The service's image; the engine has it, or can pull it."
  type        = string
}

variable "secrets_dir" {
  description = "Folder with docaiche_database_url, docaiche_redis_url and docaiche_admin_key."
  type        = string
}

variable "address" {
  description = "Where the port is published."
  type        = string
}

variable "port" {
  description = "The port there."
  type        = number
}

variable "memory_mb" {
  description = "Most memory, in MiB."
  type        = number
}

variable "environment" {
  description = "Settings that are no secrets."
  type        = map(string)
}
