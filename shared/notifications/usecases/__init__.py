"""What the system does, one file a use case. Functions over `Ports`; no AWS, no HTTP."""
