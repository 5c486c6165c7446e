"""The simulator's options and their defaults."""

from dataclasses import dataclass

#: The simulator is not reachable from other computers.
HOST = "127.0.0.1"

#: The simulator's credentials protect nothing. They are constant, so that every client knows them.
ACCOUNT_SID = "AC00000000000000000000000000000001"
AUTH_TOKEN = "simulator-token"  # noqa: S105 - see above
EXPO_ACCESS_TOKEN = "simulator-expo-token"  # noqa: S105 - see above


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The options of the command line. Port 0 means any free port."""

    port: int = 0
    smtp_port: int = 0
    #: Base URL of the AWS emulator that receives SES's mails and events; empty for none.
    emulator_url: str = ""
    #: Log group of the emulator whose lines become metrics; empty for none.
    log_group: str = ""
    account_sid: str = ACCOUNT_SID
    auth_token: str = AUTH_TOKEN
    expo_access_token: str = EXPO_ACCESS_TOKEN
    #: Milliseconds added to every provider call.
    latency_ms: int = 0
    #: How many inbox items, requests and message records are kept; the oldest are dropped first.
    keep: int = 20_000
