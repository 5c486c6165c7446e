"""Sign-ins to the console, and its audit log."""
