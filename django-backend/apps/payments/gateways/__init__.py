"""Stripe, through its own SDK. Nothing of the SDK's types leaves this package."""
