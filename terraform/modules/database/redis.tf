resource "docker_image" "redis" {
  name         = var.images["redis"]
  keep_locally = true
}

resource "docker_volume" "redis" {
  for_each = toset(var.redis_nodes)

  name = "${var.name}-${each.key}"

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}

resource "docker_container" "redis" {
  for_each = toset(var.redis_nodes)

  name          = "${var.name}-${each.key}"
  image         = docker_image.redis.image_id
  command       = var.redis_command
  user          = "999:999"
  restart       = "unless-stopped"
  memory        = var.memory_mb["redis"]
  read_only     = true
  security_opts = ["no-new-privileges:true"]
  wait          = true
  wait_timeout  = 60

  capabilities {
    drop = ["ALL"]
  }

  networks_advanced {
    name    = var.network
    aliases = [each.key]
  }

  dynamic "ports" {
    for_each = each.key == "redis" ? [var.ports["redis"]] : []
    content {
      internal = 6379
      external = ports.value
      ip       = var.address
    }
  }

  # PING without a password is refused, which is an answer.
  healthcheck {
    test         = ["CMD", "redis-cli", "-h", "127.0.0.1", "ping"]
    interval     = "2s"
    timeout      = "3s"
    start_period = "10s"
    retries      = 5
  }

  # What a cluster's node knows of the others; no answers are kept.
  mounts {
    type   = "volume"
    source = docker_volume.redis[each.key].name
    target = "/data"
  }

  mounts {
    type      = "bind"
    source    = "${var.secrets_dir}/redis.conf"
    target    = "/run/secrets/redis.conf"
    read_only = true
  }

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}

# Servers become a cluster once; run again, it finds that they are one.
resource "docker_container" "redis_cluster" {
  count = length(var.redis_nodes) > 1 ? 1 : 0

  name          = "${var.name}-redis-cluster"
  image         = docker_image.redis.image_id
  entrypoint    = ["sh", "-euc"]
  command       = [file("${path.module}/make-cluster.sh")]
  env           = ["NODES=${join(" ", var.redis_nodes)}"]
  user          = "999:999"
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

  mounts {
    type      = "bind"
    source    = "${var.secrets_dir}/redis.conf"
    target    = "/run/secrets/redis.conf"
    read_only = true
  }

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }

  depends_on = [docker_container.redis]

  lifecycle {
    postcondition {
      condition     = self.exit_code == 0
      error_message = "The Redis servers did not become a cluster: docker logs ${self.name} says why. Once that is repaired, `terraform apply -replace='module.stack.module.database.docker_container.redis_cluster[0]'` tries again."
    }
  }
}
