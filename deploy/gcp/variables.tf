variable "project" {
  description = "Project id, WATTIF_PROJECT."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket, WATTIF_BUCKET."
  type        = string
}

variable "dataset" {
  description = "Name of the dataset, WATTIF_DATASET."
  type        = string
  default     = "wattif"
}

variable "location" {
  description = "Location of the dataset and the bucket, WATTIF_BIGQUERY_LOCATION: a bucket elsewhere cannot be loaded."
  type        = string
  default     = "US"
}

variable "external_readings" {
  description = "Whether WATTIF_TABLE_TYPE is external: WattIf then makes meter_readings itself, over the objects."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete tables, and a dataset and a bucket that are not empty; see README.md."
  type        = bool
  default     = true
}

variable "nearline_after_days" {
  description = "Age at which readings move to Nearline; they are read once, by the load. 0 never."
  type        = number
  default     = 30
}

variable "delete_after_days" {
  description = "Age at which readings, labels and manifests are deleted. 0 never: the days can be loaded again."
  type        = number
  default     = 0
}

variable "partition_expiration_days" {
  description = "Age at which partitions of the tables are deleted. 0 never."
  type        = number
  default     = 0
}

variable "kubernetes_service_account" {
  description = "NAMESPACE/NAME of the Kubernetes service account that acts as WattIf by workload identity; empty for none. The project needs a cluster with workload identity first."
  type        = string
  default     = ""

  validation {
    condition     = var.kubernetes_service_account == "" || can(regex("^[a-z0-9-]+/[a-z0-9-]+$", var.kubernetes_service_account))
    error_message = "Write it as NAMESPACE/NAME, e.g. dagster/wattif."
  }
}
