"""`notify`: the system at the command line, on this machine or on AWS."""
