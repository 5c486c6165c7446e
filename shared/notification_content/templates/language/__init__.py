"""The language of templates: what they may contain and cost, and the engine that runs them."""
