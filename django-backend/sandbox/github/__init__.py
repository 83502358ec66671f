"""A local GitHub: the reading methods the product uses, paging, limits and faults; data are Python objects."""
