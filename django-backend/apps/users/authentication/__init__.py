"""Who somebody is: allauth's adapters, and the tokens of the API."""
