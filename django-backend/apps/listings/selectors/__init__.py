"""Reads of the consignment core, each scoped to who asks."""
