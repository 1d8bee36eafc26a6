"""Jobs and schedules over several tables."""
