"""Use cases of season tickets."""
