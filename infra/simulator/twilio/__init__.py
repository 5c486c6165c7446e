"""Twilio's Messaging API, its callbacks and its inbound webhooks."""
