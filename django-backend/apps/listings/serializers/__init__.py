"""Shapes of the consignment core."""
