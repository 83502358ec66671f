"""Accounts over HTTP: pages, and allauth's API under the rules of ours."""
