"""Asset checks. They compare what arrived with what was meant to; the blocking ones stop a run."""
