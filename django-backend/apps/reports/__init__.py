"""What is reported at regular times: the weekly report of GitHub issues."""
