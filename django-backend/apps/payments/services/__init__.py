"""Use cases of payments. Those that call Stripe do it outside of every transaction and lock."""
