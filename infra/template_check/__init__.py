"""Checks the template and its nested templates as CloudFormation receives them."""
