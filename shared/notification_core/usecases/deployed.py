"""The targets and modules of a deployment, from a cache of a few seconds."""

from collections.abc import Iterable
from typing import Protocol

from notification_core.domain.addresses import Target
from notification_core.domain.modules import Module
from notification_core.ports import HasModules, HasTargets


class DeployedPorts(HasModules, HasTargets, Protocol):
    """The ports that this needs."""


def read_deployed(
    ports: DeployedPorts, wanted: set[str]
) -> tuple[dict[str, Target], dict[str, Module]]:
    """Return the targets by id and the modules by name, from a cache of a few seconds.

    They are read again if a `wanted` id or name is missing, because it may have been added since.
    """
    if not wanted:
        return {}, {}
    targets, modules = ports.targets.recent(), ports.modules.recent()
    if not _are_known(wanted, targets, modules):
        targets, modules = ports.targets.all(), ports.modules.all()
    by_id = {target.id: target for target in targets}
    return by_id, {module.name: module for module in modules}


def _are_known(wanted: set[str], targets: Iterable[Target], modules: Iterable[Module]) -> bool:
    matching = [target for target in targets if target.id in wanted or target.name in wanted]
    names = {name for target in matching for name in (target.id, target.name)}
    handlers = {target.notification_module_name for target in matching}
    return wanted <= names and handlers <= {module.name for module in modules}
