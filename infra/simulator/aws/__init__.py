"""AWS services that the emulator lacks: event bus, metrics, alarms."""
