locals {
  # What differs between the four; the rest is the same for all.
  containers = {
    prometheus = {
      user    = "65534:65534"
      env     = []
      command = ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus", "--storage.tsdb.retention.time=30d"]
      data    = "/prometheus"
      port    = { internal = 9090, external = var.ports["prometheus"] }
      health  = "http://127.0.0.1:9090/-/ready"
      secrets = []
      files   = { for file in ["prometheus.yml", "alerts.yml"] : "/etc/prometheus/${file}" => file }
    }
    grafana = {
      user    = "472:0"
      env     = ["GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/grafana_password", "GF_ANALYTICS_REPORTING_ENABLED=false", "GF_ANALYTICS_CHECK_FOR_UPDATES=false"]
      command = null
      data    = "/var/lib/grafana"
      port    = { internal = 3000, external = var.ports["grafana"] }
      health  = "http://127.0.0.1:3000/api/health"
      secrets = ["grafana_password"]
      files = merge(
        { for file in fileset(var.files, "grafana/provisioning/**") : "/etc/${file}" => file },
        { for file in fileset(var.files, "grafana/dashboards/*.json") : "/var/lib/${file}" => file },
      )
    }
    postgres_exporter = {
      user    = "65534:65534"
      env     = ["DATA_SOURCE_URI=postgres:5432/docaiche?sslmode=disable", "DATA_SOURCE_USER=docaiche", "DATA_SOURCE_PASS_FILE=/run/secrets/postgres_password"]
      command = null
      data    = null
      port    = null
      health  = "http://127.0.0.1:9187/"
      secrets = ["postgres_password"]
      files   = {}
    }
    redis_exporter = {
      user    = "59000:59000"
      env     = ["REDIS_ADDR=redis://redis:6379", "REDIS_PASSWORD_FILE=/run/secrets/redis_exporter.json"]
      command = null
      data    = null
      port    = null
      health  = null # its image has nothing to ask with
      secrets = ["redis_exporter.json"]
      files   = {}
    }
  }
}

resource "docker_image" "this" {
  for_each = local.containers

  name         = var.images[each.key]
  keep_locally = true
}

resource "docker_volume" "this" {
  for_each = { for name, container in local.containers : name => container if container.data != null }

  name = "${var.name}-${each.key}"

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}

resource "docker_container" "this" {
  for_each = local.containers

  name          = "${var.name}-${replace(each.key, "_", "-")}"
  image         = docker_image.this[each.key].image_id
  command       = each.value.command
  env           = each.value.env
  user          = each.value.user
  restart       = "unless-stopped"
  read_only     = true
  tmpfs         = { "/tmp" = "size=64m" }
  security_opts = ["no-new-privileges:true"]
  wait          = each.value.health != null
  wait_timeout  = 120

  capabilities {
    drop = ["ALL"]
  }

  networks_advanced {
    name    = var.network
    aliases = [replace(each.key, "_", "-")]
  }

  dynamic "healthcheck" {
    for_each = each.value.health == null ? [] : [each.value.health]
    content {
      test         = ["CMD", "wget", "-q", "-O", "/dev/null", healthcheck.value]
      interval     = "5s"
      timeout      = "3s"
      start_period = "60s"
      retries      = 5
    }
  }

  dynamic "ports" {
    for_each = each.value.port == null ? [] : [each.value.port]
    content {
      internal = ports.value.internal
      external = ports.value.external
      ip       = var.address
    }
  }

  dynamic "mounts" {
    for_each = each.value.data == null ? [] : [each.value.data]
    content {
      type   = "volume"
      source = docker_volume.this[each.key].name
      target = mounts.value
    }
  }

  dynamic "mounts" {
    for_each = each.value.secrets
    content {
      type      = "bind"
      source    = "${var.secrets_dir}/${mounts.value}"
      target    = "/run/secrets/${mounts.value}"
      read_only = true
    }
  }

  dynamic "mounts" {
    for_each = each.value.files
    content {
      type      = "bind"
      source    = "${var.files}/${mounts.value}"
      target    = mounts.key
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
}
