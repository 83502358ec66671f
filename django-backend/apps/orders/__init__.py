"""What was sold, for how much, and how the money is shared."""
