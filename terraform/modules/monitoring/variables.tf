variable "name" {
  description = "What the containers' names begin with."
  type        = string
}

variable "network" {
  description = "The network of the deployment."
  type        = string
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
}

variable "images" {
  description = "prometheus, grafana, postgres_exporter and redis_exporter."
  type        = map(string)
}

variable "secrets_dir" {
  description = "Folder with grafana_password, postgres_password and redis_exporter.json."
  type        = string
}

variable "address" {
  description = "Where ports are published."
  type        = string
}

variable "ports" {
  description = "prometheus and grafana."
  type        = map(number)
}

variable "files" {
  description = "The folder monitoring/: scrape configuration, alerts, dashboard."
  type        = string
}
