"""`python -m wattif_dagster` is the `wattif` command."""

from wattif_dagster.cli.main import main

if __name__ == "__main__":
    main()
