resource "google_project_service" "used" {
  for_each = toset([
    "bigquery.googleapis.com",
    "dataplex.googleapis.com",
    "iamcredentials.googleapis.com",
    "storage.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}

data "google_project" "this" {
  project_id = var.project
}
