"""The other systems' own code; it runs in an environment of its own, `.local/env/compare`."""
