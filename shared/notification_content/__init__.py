"""The rules of templates and of content for each channel; no AWS, no storage."""
