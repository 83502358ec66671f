"""Use cases of the consignment core, one family a file."""
