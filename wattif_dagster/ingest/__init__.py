"""Render, spool, upload, manifest: bounded, and complete or not at all."""
