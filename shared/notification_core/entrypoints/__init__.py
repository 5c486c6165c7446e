"""One module for each trigger. The only code that knows Lambda's events."""
