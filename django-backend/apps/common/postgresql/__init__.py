"""Django's backend for PostgreSQL, with what this product adds to it."""
