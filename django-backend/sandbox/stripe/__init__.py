"""A local Stripe for development and tests: the API of payments, a payment page, signed events, and no money."""
