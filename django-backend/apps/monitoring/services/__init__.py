"""The checks, the heartbeat, and the answer to a scrape."""
