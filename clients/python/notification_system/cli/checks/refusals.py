"""Providers that reject the credentials of a deployment, as the pauses of its targets show."""

from dataclasses import dataclass
from datetime import datetime

from notification_system.cli.checks.stack import Stack
from notification_system.cli.formatting import read_time

#: The words by which an error table describes a code that means rejected credentials.
REJECTED = "does not accept our"

#: The code of a response without a code of the provider, if it rejects the caller.
UNAUTHORIZED = "401"


@dataclass(frozen=True)
class Refusal:
    """A provider's rejection of the credentials.

    Args:
        since: the time of the pause that it caused.
        reason: the provider's code and what it means.
    """

    since: datetime
    reason: str


def refusal_of(stack: Stack, module: str) -> Refusal | None:
    """Return the rejection that paused a module's target; None if there is none."""
    for target in stack.targets:
        pause = target["pause"]
        if target["notification_module_name"] != module or not pause or pause["by"] != "fault":
            continue
        code = pause["code"]
        codes = stack.manifest(module).get("errors", {}).get("codes", {})
        description = codes.get(code, {}).get("description", "")
        if REJECTED in description or code == UNAUTHORIZED:
            reason = f"{code}: {description or pause['reason']}"
            return Refusal(read_time(pause["since"]), reason)
    return None
