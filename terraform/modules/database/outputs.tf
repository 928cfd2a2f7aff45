output "containers" {
  description = "Names of the containers that store."
  value = concat(
    [docker_container.postgres.name],
    [for container in docker_container.redis : container.name],
    docker_container.weaviate[*].name,
  )
}
