"""Templates: their form, the checks before publication, and rendering."""
