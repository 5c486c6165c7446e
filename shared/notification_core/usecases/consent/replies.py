"""Somebody answers a message with STOP, or with START: it holds for whoever has this address."""

from collections import defaultdict
from datetime import timedelta

from notification_core.domain.consent import EVERYTHING, ConsentSource, StopScope, target_scope
from notification_core.domain.modules import Channel
from notification_core.ports import Ports
from notification_core.usecases.consent.opt_out import append_entry, end_all

#: How long to wait for what is being sent: providers give a webhook 15 seconds.
PATIENCE = timedelta(seconds=10)


def reply(ports: Ports, module_name: str, address: str, *, active: bool, evidence: str) -> int:
    """Write down what an address said of a module's targets; returns of how many users it is.

    `active` is true for a STOP. `evidence` is the provider's id of the message. How far it reaches
    is the module's `stop_scope`; a START reaches as far, but ends a no to everything only where a
    STOP said it (`OptOut.reached`).

    Raises:
        StillSending, Unavailable: as `opt_out.hear`.
    """
    covered = _covered(ports, module_name, address, active=active)
    # Each is written down before any is waited for: a slow send to one costs no other's word.
    stored = [
        append_entry(
            ports, user, scopes, active=active, source=ConsentSource.REPLY, evidence=evidence
        )
        for user, scopes in covered.items()
    ]
    if active:
        end_all(ports, stored, PATIENCE)
    return len(covered)


def _covered(ports: Ports, module_name: str, address: str, *, active: bool) -> dict[str, list[str]]:
    """Return the scopes of the reply for each user who has the address."""
    modules = ports.modules.all()
    reach = next((each.stop_scope for each in modules if each.name == module_name), None)
    targets = ports.targets.all()
    own = [each.id for each in targets if each.notification_module_name == module_name]
    if reach in {None, StopScope.TARGETS}:
        return _held(ports, address, own)
    text_modules = {each.name for each in modules if each.channel == Channel.SMS}
    texts = [each.id for each in targets if each.notification_module_name in text_modules]
    users = _held(ports, address, texts)
    if reach == StopScope.ALL_TEXTS:
        return {user: [target_scope(each) for each in texts] for user in users}
    if active:
        return {user: [EVERYTHING] for user in users}
    # Beside a STOP's no to everything: what the provider refused to send to ended its targets.
    started = _held(ports, address, own)
    return {user: started.get(user, []) for user in users}


def _held(ports: Ports, address: str, targets: list[str]) -> dict[str, list[str]]:
    """Return the scopes of those of the targets in which each user has the address."""
    scopes: dict[str, list[str]] = defaultdict(list)
    for record in ports.records.find_by_address(address):
        if record.target in targets:
            scopes[record.user].append(target_scope(record.target))
    return scopes
