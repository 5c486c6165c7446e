"""Targets, addresses, pauses, jobs and the deployed manifests."""
