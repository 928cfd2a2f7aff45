locals {
  weaviate = lookup(var.images, "weaviate", null)
}

resource "docker_image" "weaviate" {
  count = local.weaviate == null ? 0 : 1

  name         = local.weaviate
  keep_locally = true
}

resource "docker_volume" "weaviate" {
  count = local.weaviate == null ? 0 : 1

  name = "${var.name}-weaviate"

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}

# On the network alone: the service is who asks it.
resource "docker_container" "weaviate" {
  count = local.weaviate == null ? 0 : 1

  name          = "${var.name}-weaviate"
  image         = docker_image.weaviate[0].image_id
  restart       = "unless-stopped"
  security_opts = ["no-new-privileges:true"]
  wait          = true
  wait_timeout  = 120
  env = [
    "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true",
    "PERSISTENCE_DATA_PATH=/var/lib/weaviate",
    "DEFAULT_VECTORIZER_MODULE=none",
    "CLUSTER_HOSTNAME=weaviate",
  ]

  capabilities {
    drop = ["ALL"]
  }

  networks_advanced {
    name    = var.network
    aliases = ["weaviate"]
  }

  healthcheck {
    test         = ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/v1/.well-known/ready"]
    interval     = "5s"
    timeout      = "3s"
    start_period = "60s"
    retries      = 5
  }

  mounts {
    type   = "volume"
    source = docker_volume.weaviate[0].name
    target = "/var/lib/weaviate"
  }

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}
