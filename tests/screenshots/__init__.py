"""Screenshots of the console for the documentation, with the data of an invented shop."""
