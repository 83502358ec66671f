"""What messages say, without a database."""
