"""Edges: heartbeats of Celery, the depth of queues, and counters of requests and tasks."""
