"""Listings as CSV files: an upload translates rows into offers, a download listings into rows."""
