output "service_account" {
  description = "The account of the runs, for WATTIF_IMPERSONATE or the annotation in deploy/k8s/values.yaml."
  value       = google_service_account.wattif.email
}
