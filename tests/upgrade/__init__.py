"""Upgrades a release to this tree while notifications are due, and rolls a newer release back."""
