"""Decisions of staff in Slack: shows what waits for them, and lets them decide there."""
