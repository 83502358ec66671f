"""Sales, and what changes of events mean for them."""
