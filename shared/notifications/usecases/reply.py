"""Somebody answers a message with STOP, or with START: it holds for whoever has this address."""

from collections import defaultdict
from datetime import timedelta

from notifications.domain.consent import Door, target_scope
from notifications.ports import Ports
from notifications.usecases.opt_out import end_all, write_down

#: How long to wait for what is being sent: providers give a webhook 15 seconds.
PATIENCE = timedelta(seconds=10)


def reply(ports: Ports, module_name: str, address: str, *, active: bool, evidence: str) -> int:
    """Write down what an address said of a module's targets; returns of how many users it is.

    `active` is true for a STOP. `evidence` is the provider's id of the message.

    Raises:
        StillSending, Unavailable: as `opt_out.hear`.
    """
    scopes = {
        each.id: target_scope(each.id)
        for each in ports.targets.all()
        if each.notification_module_name == module_name
    }
    said: dict[str, list[str]] = defaultdict(list)
    for record in ports.records.holding(address):
        if record.target in scopes:
            said[record.user].append(scopes[record.target])
    # Each is written down before any is waited for: a slow send to one costs no other's word.
    stored = [
        write_down(ports, user, covered, active=active, door=Door.REPLY, evidence=evidence)
        for user, covered in said.items()
    ]
    if active:
        end_all(ports, stored, PATIENCE)
    return len(said)
