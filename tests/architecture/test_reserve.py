"""What a consumer may begin at the last moment fits, all together, into its reserve."""

from notification_core.adapters import secrets
from notification_core.domain import timing
from notification_core.entrypoints.rate_limiter import RESERVE
from notification_core.usecases.sending.outcomes import REFUSALS_WITHIN


def test_a_send_with_its_secret_and_its_record_fits_into_the_reserve() -> None:
    fetch = secrets.PATIENCE + secrets.CONFIG.connect_timeout + secrets.CONFIG.read_timeout

    assert fetch + timing.SEND_TIME_LIMIT + REFUSALS_WITHIN.total_seconds() < RESERVE


def test_a_send_has_the_time_for_one_connection_and_one_answer() -> None:
    assert sum(timing.PROVIDER_TIMEOUT) == timing.SEND_TIME_LIMIT
