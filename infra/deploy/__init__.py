"""Deploys an environment to AWS from its file, without questions."""
