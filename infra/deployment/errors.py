"""The error of a deployment that cannot begin."""


class DeploymentRefused(Exception):
    """The deployment cannot begin; the message says why and what to do."""
