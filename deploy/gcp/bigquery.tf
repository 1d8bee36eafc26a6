locals {
  # Written from the schemas of the package; see README.md.
  tables     = jsondecode(file("${path.module}/tables.json"))
  day_in_ms  = 24 * 60 * 60 * 1000
  expiration = var.partition_expiration_days > 0 ? var.partition_expiration_days * local.day_in_ms : null
}

resource "google_bigquery_dataset" "wattif" {
  dataset_id = var.dataset
  location   = var.location

  # It also has the tables that Dataplex and WattIf make.
  delete_contents_on_destroy = !var.deletion_protection

  depends_on = [google_project_service.used]
}

# Dataplex makes the tables of scan results.
resource "google_bigquery_table" "wattif" {
  for_each = {
    for name, table in local.tables : name => table
    if !(var.external_readings && name == "meter_readings")
  }

  dataset_id  = google_bigquery_dataset.wattif.dataset_id
  table_id    = each.key
  description = each.value.description
  schema      = jsonencode(each.value.schema)
  clustering  = each.value.cluster_by

  deletion_protection = var.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = each.value.partition_by
    expiration_ms = local.expiration
  }
}
