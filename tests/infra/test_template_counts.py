"""What notifications from a template with a layout of 60 KB ask of AWS, counted by the stub."""

import pytest

from notification_core.adapters.s3_contents import INLINE_BYTES, compact_json
from tests.benchmarks.from_template import Sending, send
from tests.benchmarks.stub.templates import DATA, LAYOUT_BYTES, layout

COUNT = 200


@pytest.fixture(scope="module")
def sent() -> Sending:
    """Two batches, created and sent."""
    return send(COUNT)


def test_the_template_and_its_data_are_as_large_as_described() -> None:
    [html] = [channels["email"]["html"] for channels in layout().content.values()]

    assert LAYOUT_BYTES <= len(html) < LAYOUT_BYTES * 1.1
    assert INLINE_BYTES - 20 <= len(compact_json(DATA)) <= INLINE_BYTES


def test_a_notification_takes_six_write_units_and_no_object(sent: Sending) -> None:
    assert sent.units == 6
    assert sent.objects == 0


def test_a_batch_reads_its_template_once(sent: Sending) -> None:
    # Of each notification: its record, address book, opt-out and settings, and again its record
    # and opt-out before the send. Of each function: the version, of up to 16 KB, and the modules.
    assert sent.created.reads + sent.delivered.reads <= 6 + 30 / COUNT
