"""The checks of `notify doctor`, one module for each subject."""
