"""A local HubSpot with the one call that the product makes: contacts in a batch, created or updated."""
