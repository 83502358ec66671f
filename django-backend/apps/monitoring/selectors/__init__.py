"""Reads of the product's own state."""
