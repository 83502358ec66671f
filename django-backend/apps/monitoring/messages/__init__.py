"""What monitoring says: alarms to staff, numbers to Prometheus."""
