"""Export and erasure of one user."""
