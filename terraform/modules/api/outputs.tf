output "url" {
  description = "Where the service answers."
  value       = "http://${var.address}:${var.port}"
}

output "container" {
  description = "The container's name, for docker logs."
  value       = docker_container.service.name
}
