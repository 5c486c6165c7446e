"""E-mail: the message, and the two ways it goes."""
