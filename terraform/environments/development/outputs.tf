output "service_url" {
  description = "Where the service answers."
  value       = module.stack.service_url
}

output "grafana_url" {
  description = "Where the dashboard is."
  value       = module.stack.grafana_url
}

output "lab" {
  description = "For `./perflab run --services external`: `terraform output -json lab >lab.json`, then PERFLAB_SERVICES=lab.json."
  value       = module.stack.lab
}
