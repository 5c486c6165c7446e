"""Import entities of another system, and undo an import."""
