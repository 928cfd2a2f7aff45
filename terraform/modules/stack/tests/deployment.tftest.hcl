# The modules wired together, with the provider's schema and none of its deeds: nothing is started.

mock_provider "docker" {}

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

run "single" {
  assert {
    condition     = length(output.containers) == 7 && contains(output.containers, "docaiche-redis")
    error_message = "PostgreSQL, one Redis, the service, and the four that watch"
  }
  assert {
    condition     = output.service_url == "http://127.0.0.1:18000"
    error_message = "the service is where its port is published"
  }
  assert {
    condition     = docker_network.this.name == "docaiche"
    error_message = "the network has the deployment's name"
  }
}

run "cluster" {
  variables {
    redis_mode = "cluster"
  }
  assert {
    condition     = alltrue([for node in ["redis", "redis-1", "redis-2"] : contains(output.containers, "docaiche-${node}")])
    error_message = "three primaries"
  }
  assert {
    condition     = output.lab.redis.mode == "cluster"
    error_message = "the lab is told"
  }
}

run "weaviate" {
  variables {
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
    condition     = contains(output.containers, "docaiche-weaviate")
    error_message = "Weaviate, where its image is named"
  }
}

run "a_database_that_could_not_be_prepared" {
  module {
    source = "../api"
  }

  variables {
    network     = "docaiche"
    labels      = {}
    image       = "docaiche:1"
    address     = "127.0.0.1"
    port        = 18000
    memory_mb   = 512
    environment = {}
  }

  override_resource {
    target = docker_container.prepare
    values = { exit_code = 1 }
  }

  expect_failures = [docker_container.prepare]
}
