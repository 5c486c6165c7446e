"""The only code that knows Lambda, the environment, Powertools and HTTP."""
