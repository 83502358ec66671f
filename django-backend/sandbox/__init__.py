"""Stand-ins for outside services, for people and tests without an account there. Nothing in `apps` imports this."""
