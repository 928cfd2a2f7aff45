variable "environment" {
  description = "Which of the three this is; staging and production take images by digest alone."
  type        = string

  validation {
    condition     = contains(["development", "staging", "production"], var.environment)
    error_message = "environment is development, staging or production."
  }
}

variable "name" {
  description = "What the names of containers, volumes and the network begin with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.name))
    error_message = "name is lower-case letters, digits and hyphens, 31 at most, and begins with a letter."
  }
}

variable "images" {
  description = "What runs: service, postgres and redis; prometheus, grafana and the two exporters; weaviate where there is one."
  type = object({
    service           = string
    postgres          = string
    redis             = string
    weaviate          = optional(string)
    prometheus        = string
    grafana           = string
    postgres_exporter = string
    redis_exporter    = string
  })

  validation {
    condition = alltrue([
      for image in values(var.images) : image == null ? true : can(regex("(:[^:/]+|@sha256:[0-9a-f]{64})$", image)) && !endswith(image, ":latest")
    ])
    error_message = "images have a tag that is not latest, or a digest."
  }

  validation {
    condition = var.environment == "development" || alltrue([
      for image in values(var.images) : image == null ? true : can(regex("@sha256:[0-9a-f]{64}$", image))
    ])
    error_message = "images of staging and production are named by digest, such as name:tag@sha256:<64 hexadecimal digits>."
  }
}

variable "secrets_dir" {
  description = "Folder of the engine's machine with the files that terraform/make-secrets writes. No secret is in a variable, so none is in the state."
  type        = string

  validation {
    condition     = startswith(var.secrets_dir, "/") && !endswith(var.secrets_dir, "/")
    error_message = "secrets_dir is an absolute path without a slash at its end."
  }
}

variable "address" {
  description = "The address of the engine's machine on which ports are published."
  type        = string
  default     = "127.0.0.1"

  validation {
    condition     = can(cidrhost("${var.address}/32", 0))
    error_message = "address is an IPv4 address."
  }

  validation {
    condition     = var.environment != "development" || startswith(var.address, "127.")
    error_message = "address of development is one of loopback (127.0.0.1): it is for this machine alone."
  }
}

variable "ports" {
  description = "Ports on that address."
  type = object({
    service    = number
    postgres   = number
    redis      = number
    prometheus = number
    grafana    = number
  })

  validation {
    condition     = alltrue([for port in values(var.ports) : port >= 1024 && port <= 65535 && floor(port) == port])
    error_message = "ports are whole numbers from 1024 to 65535."
  }

  validation {
    condition     = length(distinct(values(var.ports))) == length(values(var.ports))
    error_message = "ports differ from each other."
  }
}

variable "redis_mode" {
  description = "One Redis, or a cluster of three primaries."
  type        = string
  default     = "single"

  validation {
    condition     = contains(["single", "cluster"], var.redis_mode)
    error_message = "redis_mode is single or cluster."
  }
}

variable "pool_size" {
  description = "Connections of the service's pool; `./perflab sweep pool` finds how many."
  type        = number
  default     = 5

  validation {
    condition     = var.pool_size >= 1 && var.pool_size <= 200 && floor(var.pool_size) == var.pool_size
    error_message = "pool_size is a whole number from 1 to 200."
  }
}

variable "max_connections" {
  description = "Connections that PostgreSQL accepts, where more than the service needs are wanted: by a lab, or by more services."
  type        = number
  default     = null

  validation {
    condition     = var.max_connections == null ? true : var.max_connections >= var.pool_size + 14 && floor(var.max_connections) == var.max_connections
    error_message = "max_connections is a whole number, and at least 14 more than pool_size."
  }
}

variable "memory_mb" {
  description = "Most memory of each, in MiB."
  type = object({
    service  = optional(number, 512)
    postgres = optional(number, 2048)
    redis    = optional(number, 256)
  })
  default = {}

  validation {
    condition     = var.memory_mb.service >= 256 && var.memory_mb.postgres >= 512 && var.memory_mb.redis >= 64
    error_message = "memory_mb is at least 256 for the service, 512 for postgres and 64 for redis."
  }
}
