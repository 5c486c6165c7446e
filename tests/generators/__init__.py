"""Client generators: they accept docs/openapi.json, and the clients that they write work."""
