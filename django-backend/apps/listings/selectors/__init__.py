"""Reads of the consignment core, each scoped to the user."""
