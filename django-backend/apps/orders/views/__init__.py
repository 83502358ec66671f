"""What is sold, over HTTP."""
