# On a fresh project nothing can be enabled, granted or created before these.
resource "google_project_service" "first" {
  for_each = toset([
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "serviceusage.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}

resource "google_project_service" "used" {
  for_each = toset([
    "bigquery.googleapis.com",
    "dataplex.googleapis.com",
    "iamcredentials.googleapis.com",
    "storage.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false

  depends_on = [google_project_service.first]
}

# Creates the Dataplex service agent, which Google otherwise creates with the first scan: too late
# for its roles.
resource "google_project_service_identity" "dataplex" {
  provider = google-beta

  service = "dataplex.googleapis.com"

  depends_on = [google_project_service.used]
}
