"""A mail server for local work: it takes every mail, delivers none and shows them all on a page."""
