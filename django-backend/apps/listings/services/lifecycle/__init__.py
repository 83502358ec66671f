"""The life of listings, seats and season tickets: the only code that writes their statuses and the history."""
