"""The HTTP API's edge: requests and responses as types, problems, the resolver."""
