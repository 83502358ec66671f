"""The API description beyond what the views say themselves: accounts, names of enumerations, public operations."""
