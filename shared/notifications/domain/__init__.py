"""What is true of notifications, whatever stores or sends them. Standard library only."""
