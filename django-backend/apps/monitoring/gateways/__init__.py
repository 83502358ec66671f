"""Edges: signs of life of Celery, the depth of queues, and where counts of requests and tasks are kept."""
