"""Use cases of the catalogue, one file each."""
