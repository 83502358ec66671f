"""Pure rules of the catalogue: how a row of a SkyBox export is read. No Django, no database, no clock."""
