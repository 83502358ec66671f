"""What is read to know how the product does."""
