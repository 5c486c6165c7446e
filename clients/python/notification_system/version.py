"""The version of the client, which is that of the system."""

__version__ = "1.0.0"

USER_AGENT = f"notification-system-python/{__version__}"
