"""One-click unsubscribe: sealed links, and the page that they open."""
