"""What development needs and production does not: servers of its own, the local product, the suite's start, checks."""
