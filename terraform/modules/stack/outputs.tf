output "service_url" {
  description = "Where the service answers."
  value       = module.api.url
}

output "grafana_url" {
  description = "Where the dashboard is."
  value       = module.monitoring.grafana_url
}

output "containers" {
  description = "Names of all that runs, for docker logs."
  value       = concat(module.database.containers, [module.api.container], module.monitoring.containers)
}

output "lab" {
  description = "What PERFLAB_SERVICES names: the servers, and the files with their passwords."
  value       = module.shared.lab
}
