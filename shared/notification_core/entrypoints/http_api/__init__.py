"""The HTTP API: requests and responses as types, problem documents, the resolver."""
