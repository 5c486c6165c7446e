"""Stands in for Twilio, Expo, SES, webhook receivers and a mail server, on this computer only.

The providers' own SDKs talk to it once their base URL is changed. The recipient decides the
outcome (see ``outcomes.py`` and ``docs/simulator.md``); what was accepted lands in an inbox.
"""
