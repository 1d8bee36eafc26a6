# The account of the runs. docs/google-cloud.md says which asset needs which role.
resource "google_service_account" "wattif" {
  account_id   = "wattif"
  display_name = "WattIf runs"

  depends_on = [google_project_service.first]
}

resource "google_storage_bucket_iam_member" "wattif" {
  for_each = toset(["roles/storage.objectAdmin", "roles/storage.legacyBucketReader"])

  bucket = google_storage_bucket.readings.name
  role   = each.key
  member = google_service_account.wattif.member
}

resource "google_bigquery_dataset_iam_member" "wattif" {
  dataset_id = google_bigquery_dataset.wattif.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.wattif.member
}

resource "google_project_iam_member" "wattif" {
  for_each = toset(["roles/bigquery.jobUser", "roles/dataplex.dataScanAdmin"])

  project = var.project
  role    = each.key
  member  = google_service_account.wattif.member
}

# Dataplex reads the tables it scans and writes the results into the same dataset.
resource "google_bigquery_dataset_iam_member" "dataplex" {
  dataset_id = google_bigquery_dataset.wattif.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_project_service_identity.dataplex.member
}

resource "google_service_account_iam_member" "kubernetes" {
  count = var.kubernetes_service_account == "" ? 0 : 1

  service_account_id = google_service_account.wattif.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${var.kubernetes_service_account}]"
}
