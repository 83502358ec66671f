"""Uploads of files: keeping them, and listing their rows."""
