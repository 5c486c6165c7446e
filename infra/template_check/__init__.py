"""Checks of what CloudFormation gets: the template and its fragments after the SAM transform."""
