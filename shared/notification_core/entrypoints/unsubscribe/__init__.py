"""One-click unsubscribe: signed links, and the page that they open."""
