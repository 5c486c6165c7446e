"""A notification of another system, for tests."""

from notification_core.domain.imports import ImportedNotification
from notification_core.domain.status import Status
from tests.builders import NOON

AN_IMPORT = ImportedNotification(
    key="1",
    target_user_record="r",
    title="Hello",
    body="x",
    extra={},
    status=Status.SCHEDULED,
    scheduled_delivery=NOON,
    attempted_delivery=None,
    retry_time_interval=60,
    retry_attempts=0,
    max_retries=3,
    created_at=None,
)
