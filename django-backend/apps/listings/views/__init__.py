"""API of the consignment core."""
