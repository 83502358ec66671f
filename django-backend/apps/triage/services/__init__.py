"""What is shown to staff in Slack, and what they decide there."""
