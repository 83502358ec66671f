"""What is done with files."""
