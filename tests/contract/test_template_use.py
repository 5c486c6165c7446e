"""What every store does with the template of a content."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.domain.claim import Claim
from notification_core.domain.content import Content
from notification_core.domain.notification import Notification
from notification_core.domain.template_use import LocaleChoice, LocaleSource, TemplateUse
from notification_core.domain.templates import TemplateRef
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, a_notification

USES = [
    TemplateUse(ref=TemplateRef("t", 1), choice=LocaleChoice("en")),
    TemplateUse(
        ref=TemplateRef("order-shipped", 999_999_999),
        choice=LocaleChoice("de", LocaleSource.USER, "de-AT"),
        data={"order": {"id": "Ü|17", "lines": [1, 2.5, None, True]}},
        time_zone="America/Argentina/Buenos_Aires",
        test=True,
    ),
    TemplateUse(
        ref=TemplateRef("x" * 64, 7),
        choice=LocaleChoice("en", LocaleSource.DEFAULT, "zh-Hant-TW"),
        data={},
    ),
]


def templated(use: TemplateUse, note: str = "", **content: Any) -> Notification:
    """A notification with a template, as it is built."""
    event = TimelineEvent(NOON - timedelta(hours=1), EventKind.SCHEDULED, use.explanation + note)
    return a_notification(
        user=f"user-{uuid4()}",
        content=Content(title="", body="", template=use, **content),
        timeline=(event,),
    )


@pytest.mark.parametrize("use", USES, ids=lambda use: str(use.ref)[:10])
@pytest.mark.parametrize("note", ["", "; 2 SMS segments"])
def test_the_use_of_a_template_is_read_back_in_every_state(
    ports: Ports, use: TemplateUse, note: str
) -> None:
    new = templated(use, note, extra={"perch": "roof"})
    assert ports.notifications.create([new]) == [None]
    assert ports.notifications.get([new.id]) == [new]

    [claimed] = ports.notifications.claim(
        [wake_up_for(new)], Claim("token", NOON + timedelta(minutes=1)), NOON, new.module
    )

    assert isinstance(claimed, Notification)
    assert claimed.content == new.content
    assert [event.detail for event in claimed.timeline] == [use.explanation + note, ""]
    after = claimed.delivered(NOON, "SM1")
    assert ports.notifications.advance([Transition(claimed, after)]) == [True]
    assert ports.notifications.get([new.id]) == [after]


def test_a_repeated_creation_with_the_same_template_counts_as_created(ports: Ports) -> None:
    new = templated(USES[1])
    other = TemplateUse(ref=TemplateRef("order-shipped", 1), choice=USES[1].choice)

    assert ports.notifications.create([new]) == [None]
    assert ports.notifications.create([new]) == [None]
    changed = a_notification(id=new.id, user=new.user, content=templated(other).content)
    assert ports.notifications.create([changed]) == [new]


@pytest.mark.parametrize(("length", "is_large"), [(292, False), (293, True), (100_000, True)])
def test_data_over_300_bytes_is_stored_apart_and_loaded_again(
    ports: Ports, length: int, is_large: bool
) -> None:
    use = TemplateUse(ref=TemplateRef("t", 1), choice=LocaleChoice("en"), data={"a": "x" * length})
    content = Content(title="", body="", extra={}, template=use)
    [kept] = ports.contents.put([a_notification(content=content)])

    assert (kept.key is not None) == is_large
    assert kept.template is not None
    assert (kept.template.ref, kept.template.data == {}) == (use.ref, is_large)
    [loaded] = ports.contents.load([kept])
    assert isinstance(loaded, Content)
    assert loaded.template == use
