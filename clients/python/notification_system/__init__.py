"""Client for the notification system: signed API calls, the cost calculator and `notify`."""
