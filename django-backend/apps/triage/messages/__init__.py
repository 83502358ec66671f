"""Block Kit of every message, built with the models of slack_sdk."""
