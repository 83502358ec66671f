"""Contact form: stored, mailed to support, posted in Slack."""
