"""Who is told of new alerts, and that each is told once. Knows no Dagster and no cloud."""
