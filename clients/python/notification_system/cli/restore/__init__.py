"""`notify restore`: brings a deleted stack back over the resources that outlived it."""
