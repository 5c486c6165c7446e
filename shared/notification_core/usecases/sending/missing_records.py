"""Error messages for a user without an active record in the requested targets."""

from collections.abc import Collection, Sequence

from notification_core.domain.addresses import TargetUserRecord


def explain_missing_records(
    user: str,
    records: Sequence[TargetUserRecord],
    targets: Collection[str],
    wanted: Collection[str] | None,
) -> str:
    """Return why no record can be used, and what to do.

    Args:
        user: the id of the user.
        records: all records of the user.
        targets: the ids of the targets that exist.
        wanted: the ids of the requested targets; None for all.
    """
    orphans = [record.id for record in records if record.active and record.target not in targets]
    if orphans:
        listed = ", ".join(orphans[:3])
        return f"the targets of the target user records {listed} were removed; remove the records"
    in_targets = [record for record in records if wanted is None or record.target in wanted]
    if not records:
        return f"No address of {user!r} is registered; {_REGISTER}"
    if not in_targets:
        return f"No address of {user!r} is registered in these targets; {_REGISTER}"
    ids = ", ".join(record.id for record in in_targets[:3])
    return (
        f"No address of {user!r} is active: reactivate one of the target user records"
        f" {ids} with PATCH /target-user-records/{{id}}, or register another"
    )


_REGISTER = "register one with POST /target-user-records"
