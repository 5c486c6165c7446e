"""The sessions and the audit log of the console in DynamoDB."""

import json
from collections.abc import Sequence

from pynamodb.pagination import ResultIterator

from notification_core.adapters.dynamodb.models.console import AuditItem, SessionItem
from notification_core.adapters.dynamodb.tables.writes import put_if
from notification_core.domain.audit import KEPT, AuditEntry
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.console_sessions import Session, roles_of


class DynamoSessions:
    """A SessionStore."""

    def put(self, session: Session) -> None:
        _session_item(session).save()

    def replace(self, session: Session) -> bool:
        return put_if(_session_item(session), SessionItem.id.exists())

    def get(self, id_hash: str) -> Session | None:
        items = SessionItem.batch_get([id_hash], consistent_read=True)
        return next((_session(item) for item in items), None)

    def remove(self, id_hash: str) -> None:
        SessionItem(id_hash).delete()


class DynamoAuditLog:
    """An AuditLog."""

    def put(self, entry: AuditEntry) -> None:
        AuditItem(
            entry.month,
            entry.position,
            id=entry.id,
            at=to_epoch_ms(entry.at),
            who=entry.who,
            username=entry.username,
            action=entry.action,
            subject=entry.subject,
            reason=entry.reason or None,
            outcome=entry.outcome or None,
            job=entry.job,
            expires_at=int((entry.at + KEPT).timestamp()),
        ).save()

    def list_month(self, month: str, limit: int, before: str | None = None) -> Sequence[AuditEntry]:
        items: ResultIterator[AuditItem] = AuditItem.query(
            month,
            None if before is None else AuditItem.position < before,
            scan_index_forward=False,
            limit=limit,
            consistent_read=True,
        )
        return [_entry(item) for item in items]


def _session_item(session: Session) -> SessionItem:
    unmasked = {key: to_epoch_ms(until) for key, until in session.unmasked_until.items()}
    return SessionItem(
        session.id_hash,
        username=session.username,
        name=session.name,
        roles=" ".join(sorted(session.roles)),
        csrf_token=session.csrf_token,
        created_at=to_epoch_ms(session.created_at),
        roles_read_at=to_epoch_ms(session.roles_read_at),
        unmasked=json.dumps(unmasked),
        expires_at=int(session.expires_at.timestamp()),
    )


def _session(item: SessionItem) -> Session:
    unmasked = json.loads(item.unmasked)
    return Session(
        id_hash=item.id,
        username=item.username,
        name=item.name,
        roles=roles_of(item.roles.split()),
        csrf_token=item.csrf_token,
        created_at=from_epoch_ms(item.created_at),
        roles_read_at=from_epoch_ms(item.roles_read_at),
        unmasked_until={key: from_epoch_ms(until) for key, until in unmasked.items()},
    )


def _entry(item: AuditItem) -> AuditEntry:
    return AuditEntry(
        id=item.id,
        at=from_epoch_ms(item.at),
        who=item.who,
        username=item.username,
        action=item.action,
        subject=item.subject,
        reason=item.reason or "",
        outcome=item.outcome or "",
        job=item.job,
    )
