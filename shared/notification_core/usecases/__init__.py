"""What the system does, by subject. Functions over `Ports`, without AWS and HTTP."""
