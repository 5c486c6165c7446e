"""Opt-outs, replies and the suppression list."""
