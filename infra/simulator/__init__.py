"""Simulates Twilio, Expo, SES, webhook receivers and a mail server, on this computer only.

The providers' SDKs work with it after a change of their base URL. The recipient determines the
outcome (see ``outcomes.py`` and ``docs/simulator.md``); accepted messages appear in an inbox.
"""
