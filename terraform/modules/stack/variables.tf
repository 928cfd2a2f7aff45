# What each may be is said in terraform/shared, which holds them to it.

variable "environment" { type = string }

variable "name" { type = string }

variable "images" { type = map(string) }

variable "secrets_dir" { type = string }

variable "address" {
  type    = string
  default = "127.0.0.1"
}

variable "ports" { type = map(number) }

variable "redis_mode" {
  type    = string
  default = "single"
}

variable "pool_size" {
  type    = number
  default = 5
}

variable "max_connections" {
  type    = number
  default = null
}

variable "memory_mb" {
  type    = map(number)
  default = {}
}
