"""`notify smoke`: verifies a deployed stack by using it."""
