"""Sales and event changes over HTTP."""
