"""Payments by Stripe Checkout, refunds, disputes and the inbox of webhooks; knows neither orders nor people."""
