"""People who do not exist, for tests of other systems; guarded by a token, no tables."""
