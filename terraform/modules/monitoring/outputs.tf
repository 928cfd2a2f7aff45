output "grafana_url" {
  description = "Where the dashboard is."
  value       = "http://${var.address}:${var.ports["grafana"]}"
}

output "prometheus_url" {
  description = "Where Prometheus answers."
  value       = "http://${var.address}:${var.ports["prometheus"]}"
}

output "containers" {
  description = "Names of the containers that watch."
  value       = [for container in docker_container.this : container.name]
}
