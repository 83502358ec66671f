"""The outbox, and what leaves by it."""
