"""What an erased person had said no to: kept under keyed hashes, told to whoever comes back.

It is asked for where an address is registered and where a user says yes again, and never before a
send: by then it stands in the ledger.
"""

import json
from collections.abc import Iterable, Sequence

from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.erasure import SuppressionEntry, suppression_update
from notification_core.domain.errors import BeingErased
from notification_core.ports import Ports
from notification_core.usecases.consent.opt_out import OptOutResult, append_entry, record_consent
from notification_core.usecases.consent.opt_out_job import start_where_waiting


def user_hashes(ports: Ports, user: str) -> Sequence[str]:
    """Return the keyed hashes of a user's id, the one of now first. Raises Unavailable."""
    return ports.pseudonyms(json.dumps(["user", user]))


def address_hashes(ports: Ports, address: str) -> Sequence[str]:
    """Return those of an address: of whichever target, and however it is capitalised."""
    return ports.pseudonyms(json.dumps(["address", address.strip().casefold()]))


def suppress(ports: Ports, opt_out: OptOut, addresses: Iterable[str], evidence: str) -> None:
    """Keep what a user who is erased has said no to, under the user's id and each address.

    Who has not said no leaves nothing.
    """
    now = ports.clock()
    names = [user_hashes(ports, opt_out.user)]
    names += [address_hashes(ports, each) for each in addresses]
    for hashes in names:
        standing = ports.tombstones.get(hashes)
        decided = suppression_update(hashes[0], standing, opt_out, evidence, now)
        if decided.kept is not None:
            ports.tombstones.put([decided.kept])
        ports.tombstones.remove(decided.ended)


def check_suppression(ports: Ports, user: str, address: str) -> None:
    """Write what is remembered of a user's id and an address into the user's ledger.

    Raises:
        BeingErased: this very user is being erased.
        Unavailable: the key cannot be read; nothing may be registered without it.
    """
    known = ports.opt_outs.get([user]).get(user)
    if known is not None and known.is_being_erased:
        raise BeingErased
    _recall(ports, user, [*user_hashes(ports, user), *address_hashes(ports, address)])


def record_api_consent(
    ports: Ports, user: str, scopes: Sequence[str], *, active: bool, evidence: str
) -> OptOutResult:
    """Take an application's word for a user's, as `opt_out.hear`.

    A yes is also one to what is remembered of the user, which then is not told again.
    """
    if not active:
        _recall(ports, user, user_hashes(ports, user))
    return record_consent(
        ports, user, scopes, active=active, source=ConsentSource.API, evidence=evidence
    )


def record_unsubscribe(ports: Ports, user: str, scopes: Sequence[str], evidence: str) -> None:
    """Take the no of an unsubscribe link, as `opt_out.hear`.

    Of a user who is not known any more only a tombstone is kept: the link would bring the id back.
    """
    if _is_known(ports, user):
        record_consent(
            ports, user, scopes, active=True, source=ConsentSource.ONE_CLICK, evidence=evidence
        )
        return
    hashes = user_hashes(ports, user)
    said = frozenset(scopes).union(*(each.scopes for each in ports.tombstones.get(hashes)))
    tombstone = SuppressionEntry(hash=hashes[0], scopes=said, evidence=evidence, at=ports.clock())
    ports.tombstones.put([tombstone])


def _is_known(ports: Ports, user: str) -> bool:
    """Whether anything here holds the user's id."""
    return bool(
        ports.opt_outs.get([user])
        or ports.records.list_by_user(user)
        or ports.notifications.list_by_user(user, 1).items
    )


def _recall(ports: Ports, user: str, hashes: Iterable[str]) -> None:
    opt_out = None
    for tombstone in ports.tombstones.get(hashes):
        opt_out = append_entry(
            ports,
            user,
            sorted(tombstone.scopes),
            active=True,
            source=ConsentSource.SUPPRESSION_LIST,
            evidence=tombstone.evidence,
        )
    if opt_out is not None:
        start_where_waiting(ports, [opt_out])
