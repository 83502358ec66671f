"""Season tickets, listings and their seats."""
