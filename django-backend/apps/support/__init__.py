"""Contact form: stored, mailed to support, told in Slack."""
