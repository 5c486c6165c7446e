"""Generated from `_async` by `make client`; edit that instead."""
