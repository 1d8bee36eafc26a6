output "service_account" {
  description = "What runs act as: for WATTIF_IMPERSONATE, or the annotation in deploy/k8s/values.yaml."
  value       = google_service_account.wattif.email
}
