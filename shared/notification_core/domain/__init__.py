"""The rules about notifications, independent of storage and delivery. Standard library only."""
