"""The runtime of the functions: settings, wiring, clock, credentials, logs."""
