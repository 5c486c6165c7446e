"""What a function needs around its work: settings, wiring, clock, credentials, logs."""
