"""What development needs and production does not: private servers, the local product, the suite's start, checks."""
