"""The preview: a local page that shows every message of a template and follows its files."""
