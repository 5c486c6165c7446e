"""The pages: each function returns the response to one route, with no rules of its own."""
