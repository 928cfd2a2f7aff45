variable "name" {
  description = "What the containers' names begin with."
  type        = string
}

variable "network" {
  description = "The network of the deployment."
  type        = string
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
}

variable "images" {
  description = "postgres, redis, and weaviate where there is one."
  type        = map(string)
}

variable "secrets_dir" {
  description = "Folder with postgres_password and redis.conf."
  type        = string
}

variable "address" {
  description = "Where ports are published."
  type        = string
}

variable "ports" {
  description = "postgres and redis."
  type        = map(number)
}

variable "memory_mb" {
  description = "Most memory of postgres and of each redis, in MiB."
  type        = map(number)
}

variable "postgres_settings" {
  description = "Settings of the whole server."
  type        = map(string)
}

variable "redis_nodes" {
  description = "One name, or those of a cluster's primaries."
  type        = list(string)
}

variable "redis_command" {
  description = "What each of them runs."
  type        = list(string)
}
