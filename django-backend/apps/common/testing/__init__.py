"""What tests of several apps share; no product code imports it."""
