"""Reads of sales and of the market."""
