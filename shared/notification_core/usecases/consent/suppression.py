"""The suppression list: opt-outs of erased persons, stored under keyed hashes.

The list is checked when an address is registered and when a user opts in, and its entries are then
copied to the user's ledger. Sends check the ledger only.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Protocol

from notification_core.domain.addresses import normalised_address
from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut
from notification_core.domain.erasure import SuppressionEntry, suppression_update
from notification_core.domain.errors import BeingErased
from notification_core.ports import HasHashIdentifier, HasRecords, HasSuppressions, HasUserSettings
from notification_core.usecases.consent.opt_out import (
    OptOutPorts,
    OptOutResult,
    append_entry,
    record_consent,
)
from notification_core.usecases.consent.opt_out_job import start_where_waiting


class SuppressionPorts(
    OptOutPorts, HasHashIdentifier, HasRecords, HasSuppressions, HasUserSettings, Protocol
):
    """The ports that these use cases need."""


def user_hashes(ports: HasHashIdentifier, user: str) -> Sequence[str]:
    """Return the keyed hashes of a user's id, that of the current key first. Raises Unavailable."""
    return ports.hash_identifier(json.dumps(["user", user]))


def address_hashes(ports: HasHashIdentifier, address: str) -> Sequence[str]:
    """Return the keyed hashes of an address, independent of the target and of upper case."""
    return ports.hash_identifier(json.dumps(["address", normalised_address(address)]))


def suppress(
    ports: SuppressionPorts, opt_out: OptOut, addresses: Iterable[str], evidence: str
) -> None:
    """Store the opt-outs of a user who is erased, under the user's id and each address.

    A user who has not opted out leaves no entry.
    """
    now = ports.clock()
    identifiers = [user_hashes(ports, opt_out.user)]
    identifiers += [address_hashes(ports, address) for address in addresses]
    for hashes in identifiers:
        standing = ports.suppressions.get(hashes)
        update = suppression_update(hashes[0], standing, opt_out, evidence, now)
        if update.kept is not None:
            ports.suppressions.put([update.kept])
        ports.suppressions.remove(update.ended)


def check_suppression(ports: SuppressionPorts, user: str, address: str) -> None:
    """Copy the suppression entries of a user's id and an address to the user's ledger.

    Raises:
        BeingErased: the user is being erased.
        Unavailable: the key cannot be read; no address may be registered without it.
    """
    for error in check_suppressions(ports, [(user, address)]):
        if error is not None:
            raise error


def check_suppressions(
    ports: SuppressionPorts, addresses: Sequence[tuple[str, str]]
) -> list[BeingErased | None]:
    """Do for each user and address as `check_suppression`, and return its error, or None."""
    opt_outs = ports.opt_outs.get({user for user, _ in addresses})
    listed = find_suppressions(ports, addresses)
    errors: list[BeingErased | None] = []
    for (user, _), entries in zip(addresses, listed, strict=True):
        opt_out = opt_outs.get(user)
        if opt_out is not None and opt_out.is_being_erased:
            errors.append(BeingErased())
        else:
            _recall(ports, user, entries)
            errors.append(None)
    return errors


def find_suppressions(
    ports: SuppressionPorts, addresses: Sequence[tuple[str, str]]
) -> list[list[SuppressionEntry]]:
    """Return, for each user and address, the suppression entries of either.

    Raises:
        Unavailable: the key cannot be read.
    """
    hashes = [
        [*user_hashes(ports, user), *address_hashes(ports, address)] for user, address in addresses
    ]
    entries = ports.suppressions.get(chain.from_iterable(hashes)) if hashes else []
    by_hash = {entry.hash: entry for entry in entries}
    return [[by_hash[digest] for digest in listed if digest in by_hash] for listed in hashes]


def with_suppressions(
    opt_out: OptOut, entries: Iterable[SuppressionEntry], now: datetime
) -> OptOut:
    """Return the ledger as it would be with these suppression entries copied to it."""
    for entry in entries:
        for scope in sorted(entry.scopes):
            opt_out = opt_out.with_entry(
                ConsentEntry(
                    scope=scope,
                    active=True,
                    at=now,
                    source=ConsentSource.SUPPRESSION_LIST,
                    evidence=entry.evidence,
                )
            )
    return opt_out


def record_api_consent(
    ports: SuppressionPorts, user: str, scopes: Sequence[str], *, active: bool, evidence: str
) -> OptOutResult:
    """Record an opt-out or opt-in by the application, as `opt_out.record_consent`.

    An opt-in also ends the suppression entries of the user, which are copied to the ledger before
    and then not again.
    """
    if not active:
        _recall(ports, user, ports.suppressions.get(user_hashes(ports, user)))
    return record_consent(
        ports, user, scopes, active=active, source=ConsentSource.API, evidence=evidence
    )


def _recall(ports: SuppressionPorts, user: str, entries: Iterable[SuppressionEntry]) -> None:
    opt_out = None
    for entry in entries:
        opt_out = append_entry(
            ports,
            user,
            sorted(entry.scopes),
            active=True,
            source=ConsentSource.SUPPRESSION_LIST,
            evidence=entry.evidence,
        )
    if opt_out is not None:
        start_where_waiting(ports, [opt_out])
