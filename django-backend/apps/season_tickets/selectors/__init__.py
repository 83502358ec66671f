"""Reads of season tickets."""
