resource "docker_image" "postgres" {
  name         = var.images["postgres"]
  keep_locally = true
}

resource "docker_volume" "postgres" {
  name = "${var.name}-postgres"

  dynamic "labels" {
    for_each = var.labels
    content {
      label = labels.key
      value = labels.value
    }
  }
}

resource "docker_container" "postgres" {
  name                  = "${var.name}-postgres"
  image                 = docker_image.postgres.image_id
  command               = concat(["postgres"], flatten([for name, value in var.postgres_settings : ["-c", "${name}=${value}"]]))
  env                   = ["POSTGRES_USER=docaiche", "POSTGRES_DB=docaiche", "POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password"]
  restart               = "unless-stopped"
  memory                = var.memory_mb["postgres"]
  shm_size              = 512 # parallel queries meet there
  security_opts         = ["no-new-privileges:true"]
  stop_signal           = "SIGINT" # a fast shutdown: sessions end, nothing is lost
  destroy_grace_seconds = 60
  wait                  = true
  wait_timeout          = 120

  # What its entry point needs to hand its folder to the user postgres.
  capabilities {
    drop = ["ALL"]
    add  = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID"]
  }

  networks_advanced {
    name    = var.network
    aliases = ["postgres"]
  }

  ports {
    internal = 5432
    external = var.ports["postgres"]
    ip       = var.address
  }

  # Over TCP: while it initialises, it listens on its socket alone.
  healthcheck {
    test         = ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "docaiche"]
    interval     = "2s"
    timeout      = "3s"
    start_period = "60s"
    retries      = 5
  }

  mounts {
    type   = "volume"
    source = docker_volume.postgres.name
    target = "/var/lib/postgresql"
  }

  mounts {
    type      = "bind"
    source    = "${var.secrets_dir}/postgres_password"
    target    = "/run/secrets/postgres_password"
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
