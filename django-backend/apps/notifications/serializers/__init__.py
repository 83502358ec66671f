"""Shapes of notices and mail preferences."""
