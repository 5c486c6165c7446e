"""The asynchronous client. `make client` generates the synchronous one in `_sync` from it."""
