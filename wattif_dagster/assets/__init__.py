"""The asset graph. Assets are thin: what it is, what it needs, what it reports."""
