# What each variable may be, and what follows from it. Needs no provider.

variables {
  environment = "development"
  name        = "docaiche"
  secrets_dir = "/srv/secrets"
  ports       = { service = 18000, postgres = 15432, redis = 16379, prometheus = 19090, grafana = 13000 }
  images = {
    service           = "docaiche:1"
    postgres          = "postgres:18"
    redis             = "redis:8"
    prometheus        = "prometheus:3"
    grafana           = "grafana:12"
    postgres_exporter = "postgres-exporter:1"
    redis_exporter    = "redis-exporter:1"
  }
}

run "development" {
  command = plan

  assert {
    condition     = output.postgres_settings["shared_buffers"] == "512MB" && output.postgres_settings["max_connections"] == "19"
    error_message = "a quarter of the memory, and connections for the pool and those beside it"
  }
  assert {
    condition     = join(" ", output.redis_nodes) == "redis" && !contains(output.redis_command, "--cluster-enabled")
    error_message = "one Redis, no cluster"
  }
  assert {
    condition     = alltrue([for word in output.redis_command : word != ""])
    error_message = "the provider refuses an empty word of a command"
  }
  assert {
    condition     = !contains(keys(output.service_environment), "DOCAICHE_WEAVIATE_URL")
    error_message = "no Weaviate where there is no image of it"
  }
  assert {
    condition     = output.lab.postgres.port == 15432 && output.lab.redis.password_file == "/srv/secrets/redis_password"
    error_message = "the lab finds the published ports and the files"
  }
}

run "cluster_with_weaviate" {
  command = plan

  variables {
    redis_mode = "cluster"
    images = {
      service           = "docaiche:1"
      postgres          = "postgres:18"
      redis             = "redis:8"
      weaviate          = "weaviate:1.28.4"
      prometheus        = "prometheus:3"
      grafana           = "grafana:12"
      postgres_exporter = "postgres-exporter:1"
      redis_exporter    = "redis-exporter:1"
    }
  }

  assert {
    condition     = length(output.redis_nodes) == 3 && contains(output.redis_command, "--cluster-enabled")
    error_message = "three primaries"
  }
  assert {
    condition     = output.lab.redis.mode == "cluster"
    error_message = "the lab is told that it cannot use this Redis"
  }
  assert {
    condition     = output.service_environment["DOCAICHE_WEAVIATE_URL"] == "http://weaviate:8080"
    error_message = "the service is told where Weaviate is"
  }
}

run "unknown_environment" {
  command = plan
  variables {
    environment = "test"
  }
  expect_failures = [var.environment]
}

run "name_with_capitals" {
  command = plan
  variables {
    name = "Docaiche"
  }
  expect_failures = [var.name]
}

run "production_by_tag" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.images]
}

run "latest" {
  command = plan
  variables {
    images = {
      service           = "docaiche:latest"
      postgres          = "postgres:18"
      redis             = "redis:8"
      prometheus        = "prometheus:3"
      grafana           = "grafana:12"
      postgres_exporter = "postgres-exporter:1"
      redis_exporter    = "redis-exporter:1"
    }
  }
  expect_failures = [var.images]
}

run "relative_secrets" {
  command = plan
  variables {
    secrets_dir = "secrets"
  }
  expect_failures = [var.secrets_dir]
}

run "development_for_everybody" {
  command = plan
  variables {
    address = "0.0.0.0"
  }
  expect_failures = [var.address]
}

run "no_address" {
  command = plan
  variables {
    address = "localhost"
  }
  expect_failures = [var.address]
}

run "privileged_port" {
  command = plan
  variables {
    ports = { service = 80, postgres = 15432, redis = 16379, prometheus = 19090, grafana = 13000 }
  }
  expect_failures = [var.ports]
}

run "the_same_port_twice" {
  command = plan
  variables {
    ports = { service = 15432, postgres = 15432, redis = 16379, prometheus = 19090, grafana = 13000 }
  }
  expect_failures = [var.ports]
}

run "unknown_redis_mode" {
  command = plan
  variables {
    redis_mode = "sentinel"
  }
  expect_failures = [var.redis_mode]
}

run "empty_pool" {
  command = plan
  variables {
    pool_size = 0
  }
  expect_failures = [var.pool_size]
}

run "for_a_lab" {
  command = plan
  variables {
    max_connections = 200
  }
  assert {
    condition     = output.postgres_settings["max_connections"] == "200"
    error_message = "as many as are wanted"
  }
}

run "fewer_connections_than_the_service_needs" {
  command = plan
  variables {
    max_connections = 18
  }
  expect_failures = [var.max_connections]
}

run "too_little_memory" {
  command = plan
  variables {
    memory_mb = { postgres = 128 }
  }
  expect_failures = [var.memory_mb]
}
