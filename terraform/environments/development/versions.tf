terraform {
  required_version = ">= 1.9"
  required_providers {
    docker = {
      source  = "kreuzwerker/docker"
      version = "~> 4.5"
    }
  }
}

# The engine is the one that the docker command would ask (DOCKER_HOST, or the socket).
provider "docker" {}
