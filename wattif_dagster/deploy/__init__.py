"""Running on many machines: what Dagster's engines lack. deploy/ has the configuration."""
