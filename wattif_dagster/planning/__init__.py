"""What a backfill will take, before it is paid for: bytes, objects, time, quotas, money."""
