"""Listings as CSV files: an upload is a translation of its rows to offers, a download one of listings to rows."""
