"""Shapes of sales and event changes."""
