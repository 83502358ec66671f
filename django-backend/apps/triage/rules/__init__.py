"""The contents of messages, without a database."""
