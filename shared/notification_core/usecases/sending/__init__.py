"""From the request for a notification to the confirmation of its delivery."""
