"""What can go wrong with orders."""
