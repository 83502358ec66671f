"""Regular reports: the weekly report of GitHub issues."""
