"""What the API answers about notices and mail preferences."""
