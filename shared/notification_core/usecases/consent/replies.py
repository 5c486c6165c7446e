"""Replies such as STOP and START, which apply to every user who has the sender's address."""

from collections import defaultdict
from datetime import timedelta
from typing import Protocol

from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, StopScope, target_scope
from notification_core.domain.modules import Channel
from notification_core.ports import HasRecords, HasTargets
from notification_core.usecases.consent.opt_out import OptOutPorts, append_entry, end_all

#: How long to wait for sends under way; providers give a webhook 15 seconds.
PATIENCE = timedelta(seconds=10)


class ReplyPorts(OptOutPorts, HasRecords, HasTargets, Protocol):
    """The ports that these use cases need."""


def reply(ports: ReplyPorts, module_name: str, address: str, *, active: bool, evidence: str) -> int:
    """Record a reply from an address to a module's targets; return how many users it concerns.

    `active` is true for a STOP. `evidence` is the provider's id of the message. The module's
    `stop_scope` decides the scope of a STOP. A START has the same scope, but ends an opt-out of
    everything only if a STOP recorded it (`OptOut.recorded_scopes`).

    Raises:
        StillSending, Unavailable: as `opt_out.record_consent`.
    """
    covered = _covered(ports, module_name, address, active=active)
    # All replies are recorded before any wait, so that a slow send to one user delays no other's.
    stored = [
        append_entry(
            ports, user, scopes, active=active, source=ConsentSource.REPLY, evidence=evidence
        )
        for user, scopes in covered.items()
    ]
    if active:
        end_all(ports, stored, PATIENCE)
    return len(covered)


def _covered(
    ports: ReplyPorts, module_name: str, address: str, *, active: bool
) -> dict[str, list[str]]:
    """Return the scopes of the reply for each user who has the address."""
    modules = ports.modules.all()
    stop_scope = next((module.stop_scope for module in modules if module.name == module_name), None)
    targets = ports.targets.all()
    own = [target.id for target in targets if target.notification_module_name == module_name]
    if stop_scope in {None, StopScope.TARGETS}:
        return _scopes_by_user(ports, address, own)
    text_modules = {module.name for module in modules if module.channel == Channel.SMS}
    texts = [target.id for target in targets if target.notification_module_name in text_modules]
    users = _scopes_by_user(ports, address, texts)
    if stop_scope == StopScope.ALL_TEXTS:
        return {user: [target_scope(target) for target in texts] for user in users}
    if active:
        return {user: [EVERYTHING] for user in users}
    # A START ends a STOP's opt-out of everything, and the opt-outs of the module's own targets,
    # which refusals of the provider recorded.
    started = _scopes_by_user(ports, address, own)
    return {user: started.get(user, []) for user in users}


def _scopes_by_user(ports: HasRecords, address: str, targets: list[str]) -> dict[str, list[str]]:
    """Return, for each user, the scopes of the targets in which the user has the address."""
    scopes: dict[str, list[str]] = defaultdict(list)
    for record in ports.records.find_by_address(address):
        if record.target in targets:
            scopes[record.user].append(target_scope(record.target))
    return scopes
