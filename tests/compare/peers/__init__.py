"""The code of the other systems, which runs in a separate environment, `.local/env/compare`."""
