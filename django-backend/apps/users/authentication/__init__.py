"""Authentication: allauth's adapters, and the tokens of the API."""
