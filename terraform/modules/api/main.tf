resource "docker_image" "service" {
  name         = var.image
  keep_locally = true
}

locals {
  environment = [for name, value in var.environment : "${name}=${value}"]
  # Read by the service from /run/secrets; a file of each, since the folder has others' too.
  secrets = ["docaiche_database_url", "docaiche_redis_url", "docaiche_admin_key"]
}

# The schema and the tuned database, before the service that expects them. Each step may be run again.
resource "docker_container" "prepare" {
  name          = "${var.name}-prepare"
  image         = docker_image.service.image_id
  entrypoint    = ["sh", "-ec"]
  command       = ["python -m service.migrate up; for tuning in fulltext indexes settings; do python -m service.online $tuning; done"]
  env           = local.environment
  attach        = true
  must_run      = false
  read_only     = true
  security_opts = ["no-new-privileges:true"]

  capabilities {
    drop = ["ALL"]
  }

  networks_advanced {
    name = var.network
  }

  dynamic "mounts" {
    for_each = local.secrets
    content {
      type      = "bind"
      source    = "${var.secrets_dir}/${mounts.value}"
      target    = "/run/secrets/${mounts.value}"
      read_only = true
    }
  }

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }

  lifecycle {
    postcondition {
      condition     = self.exit_code == 0
      error_message = "The database could not be prepared: docker logs ${self.name} says why. Once that is repaired, `terraform apply -replace=module.stack.module.api.docker_container.prepare` tries again."
    }
  }
}

resource "docker_container" "service" {
  name                  = "${var.name}-service"
  image                 = docker_image.service.image_id
  env                   = local.environment
  restart               = "unless-stopped"
  read_only             = true
  security_opts         = ["no-new-privileges:true"]
  memory                = var.memory_mb
  stop_timeout          = 30
  destroy_grace_seconds = 30
  wait                  = true
  wait_timeout          = 60

  capabilities {
    drop = ["ALL"]
  }

  networks_advanced {
    name    = var.network
    aliases = ["service"]
  }

  ports {
    internal = 8000
    external = var.port
    ip       = var.address
  }

  healthcheck {
    test         = ["CMD", "python", "-m", "service.probe"]
    interval     = "10s"
    timeout      = "3s"
    start_period = "30s"
    retries      = 3
  }

  dynamic "mounts" {
    for_each = local.secrets
    content {
      type      = "bind"
      source    = "${var.secrets_dir}/${mounts.value}"
      target    = "/run/secrets/${mounts.value}"
      read_only = true
    }
  }

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }

  depends_on = [docker_container.prepare]
}
