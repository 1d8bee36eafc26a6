"""WattIf: synthetic smart-meter data at scale, landed, rolled up and searched for anomalies."""
