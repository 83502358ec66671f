"""Alarms for staff, metrics for Prometheus."""
