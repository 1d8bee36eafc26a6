"""The `wattif` command: `commands` declares it, and each command's work is in its own module."""
