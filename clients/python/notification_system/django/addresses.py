"""The addresses of users, which follow the fields of the user model.

What belongs to Django is recognised by its description in the system, so this app needs no table of
its own: an address that Django has added, and one that Django has switched off. An address that the
provider or a person has switched off has neither mark of a switched-off address, and stays off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import to_locale

from notification_system._sync.client import Client
from notification_system.django.conf import app_settings, user_id, value_of
from notification_system.django.connection import client
from notification_system.errors import ApiError, UnknownTarget
from notification_system.results import TargetUserRecord

#: The descriptions of addresses that Django has added, and has switched off.
ADDED = "Added by Django"
SWITCHED_OFF = "Switched off by Django: the user no longer has this address"

#: The name of a target, and an address in it.
Address = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the system should have of a user.

    `locale` and `time_zone` are None if they are not configured, and empty if the user has none.
    """

    user: str
    addresses: tuple[Address, ...] = ()
    locale: str | None = None
    time_zone: str | None = None


@dataclass(slots=True)
class Result:
    """What was done for a user, or would be done: addresses, and the problems in sentences."""

    added: list[Address] = field(default_factory=list)
    switched_on: list[Address] = field(default_factory=list)
    switched_off: list[Address] = field(default_factory=list)
    settings_changed: bool = False
    problems: list[str] = field(default_factory=list)


def wanted_of(user: Any) -> Wanted:
    """Return what the system should have of a user. Raises ValueError if the user has no id."""
    configured = app_settings()
    addresses = dict.fromkeys(
        (target, address)
        for target, source in configured.addresses.items()
        for address in _texts(value_of(user, source))
    )
    locale = configured.locale and _texts(value_of(user, configured.locale))
    zone = configured.time_zone and _texts(value_of(user, configured.time_zone))
    return Wanted(
        user_id(user),
        tuple(addresses),
        None if locale is None else "".join(map(_language_tag, locale)),
        None if zone is None else "".join(zone),
    )


def _texts(value: Any) -> list[str]:
    """Return a value, or the values of a list, as texts without empty ones."""
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    return [text for item in values if item is not None and (text := str(item).strip())]


def _language_tag(language: str) -> str:
    """Return `de-at` of Django as `de-AT`."""
    return str(to_locale(language.replace("_", "-").lower())).replace("_", "-")


def sync_addresses(user: Any, *, removed: Iterable[Address] = (), dry_run: bool = False) -> Result:
    """Make the addresses and settings of a user those of the user model.

    Call it when something outside the user model has changed, such as a table of push tokens.

    Args:
        user: a user of this project.
        removed: addresses that the user had, as pairs of a target and an address. They are
            switched off, also if they were registered in another way.
        dry_run: whether only to return what would be done.

    Raises:
        NotificationSystemError: the API could not be reached, or rejects the caller.
    """
    return synchronise(client(), wanted_of(user), removed=removed, dry_run=dry_run)


def synchronise(
    api: Client, wanted: Wanted, *, removed: Iterable[Address] = (), dry_run: bool = False
) -> Result:
    """Do as `sync_addresses`, for values that were read before."""
    names = {target: name for name, target in _target_ids(api).items()}
    stored = {
        _normalised((names[record.target], record.target_user_id)): record
        for record in api.records(wanted.user)
        if record.target in names
    }
    result = Result()
    kept = {_normalised(address): address for address in wanted.addresses}
    result.added = [address for key, address in kept.items() if key not in stored]
    for key, record in stored.items():
        if key in kept and not record.active and record.description == SWITCHED_OFF:
            result.switched_on.append(kept[key])
    gone = {_normalised(address) for address in removed} - set(kept)
    for key, record in stored.items():
        ours = key in gone or record.description == ADDED
        if key not in kept and record.active and ours:
            result.switched_off.append((key[0], record.target_user_id))
    if not dry_run:
        _apply(api, wanted.user, result, stored)
    _synchronise_settings(api, wanted, result, dry_run=dry_run)
    return result


def _apply(api: Client, user: str, result: Result, stored: dict[Address, TargetUserRecord]) -> None:
    for address, active in _switches(result):
        record = stored[_normalised(address)]
        description = ADDED if active else SWITCHED_OFF
        api.change_record(record.id, active=active, description=description)
    new = [
        {"user": user, "target": target, "target_user_id": address, "description": ADDED}
        for target, address in result.added
    ]
    if not new:
        return
    outcomes = api.add_records(new)  # type: ignore[arg-type]  # a TypedDict of these keys
    for address, outcome in zip(list(result.added), outcomes, strict=True):
        if outcome.error is not None:
            result.added.remove(address)
            result.problems.append(_problem(user, address, outcome.error))


def _switches(result: Result) -> Iterator[tuple[Address, bool]]:
    yield from ((address, False) for address in result.switched_off)
    yield from ((address, True) for address in result.switched_on)


def _synchronise_settings(api: Client, wanted: Wanted, result: Result, *, dry_run: bool) -> None:
    """Set the language and the time zone, if they are configured and differ."""
    if wanted.locale is None and wanted.time_zone is None:
        return
    stored = api.get_user_settings(wanted.user)
    locale = stored.locale if wanted.locale is None else wanted.locale or None
    zone = stored.time_zone if wanted.time_zone is None else wanted.time_zone or None
    if (locale, zone) == (stored.locale, stored.time_zone):
        return
    if not dry_run:
        try:
            api.set_user_settings(wanted.user, locale=locale, time_zone=zone)
        except ApiError as error:
            if not error.errors:
                raise
            result.problems.append(f"user {wanted.user}: {error}")
            return
    result.settings_changed = True


def _problem(user: str, address: Address, error: ApiError) -> str:
    hint = ""
    if isinstance(error, UnknownTarget):
        hint = " Correct NOTIFICATION_SYSTEM['ADDRESSES'], or deploy the target."
    return f"user {user}: {address[0]} {address[1]}: {error}{hint}"


def _normalised(address: Address) -> Address:
    """Return an address for comparison: only an e-mail address may differ in its capitals."""
    target, text = address
    return target, text.casefold() if "@" in text else text


#: The ids of targets by their configured names, for each client.
_ids: dict[Client, dict[str, str]] = {}


def _target_ids(api: Client) -> dict[str, str]:
    """Return the ids of the configured targets by their names; look again for a missing one."""
    configured = app_settings().addresses
    if len(_ids.get(api, {})) < len(configured):
        _ids[api] = {
            name: target.id
            for target in api.targets()
            for name in configured
            if name in {target.name, target.id}
        }
    return _ids[api]


def forget() -> None:
    """Read the targets again at the next use."""
    _ids.clear()
