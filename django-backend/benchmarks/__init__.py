"""Measurements of the product: `python -m benchmarks.run` from django-backend/; docs/performance.md explains them."""
