"""Each target gets the content of its channel."""

from dataclasses import replace
from typing import Any

import pytest

from notification_content.markup import Markup
from notification_content.sms_segments import Encoding, SmsSegments
from notification_core.domain.errors import IdempotencyMismatch, InvalidInput
from notification_core.domain.modules import Normalise
from notification_core.domain.notification import Notification
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, a_module, a_record, a_target

CONTENT: dict[str, dict[str, Any]] = {
    "email": {"title": "Your order", "body": "<p>It is on its way</p>", "extra": {"perch": "oak"}},
    "sms": {"body": "Your order is on its way"},
}
#: Two targets share a channel; `fax` is a module without one.
CHANNELS = {"Letter": "email", "Text": "sms", "Other text": "sms", "Fax": ""}


@pytest.fixture
def world() -> World:
    """A user with an address in each target."""
    world = World()
    world.records.remove(world.record)
    for number, (name, channel) in enumerate(CHANNELS.items()):
        module = a_module(
            name=name.lower().replace(" ", "-"),
            target_name=name,
            channel=channel,
            markup=Markup.NONE if channel == "sms" else Markup.HTML,
            max_length=30 if channel == "sms" else None,
        )
        target = a_target(name=name, notification_module_name=module.name)
        world.modules.put(module)
        world.targets.add(target)
        world.records.add(a_record(target=target.id, target_user_id=str(100 + number)))
    return world


def by_channel(**changes: Any) -> Draft:
    """A draft with content by channel, and with title and body for the others."""
    return a_draft(**{"content": CONTENT} | changes)


def only(**changes: Any) -> Draft:
    """A draft with content by channel and nothing else."""
    return by_channel(**{"title": None, "body": None, "targets": ["Letter", "Text"]} | changes)


def texts(world: World, draft: Draft) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Title, body and extra of each notification, by its target's name."""
    names = {target.id: target.name for target in world.targets.all()}
    created = schedule(world.ports, "caller", draft).notifications
    return {
        names[notification.target]: (
            notification.content.title,
            notification.content.body,
            dict(notification.content.extra),
        )
        for notification in created
    }


def refusal(world: World, draft: Draft) -> dict[str, str]:
    """The messages about the fields, and nothing is stored."""
    before = dict(world.notifications.stored)
    with pytest.raises(InvalidInput) as refused:
        schedule(world.ports, "caller", draft)
    assert world.notifications.stored == before
    return {field.field: field.message for field in refused.value.fields}


def test_each_target_gets_the_content_of_its_channel_and_others_the_common_one(
    world: World,
) -> None:
    sms: tuple[str, str, dict[str, Any]] = ("", "Your order is on its way", {})

    assert texts(world, by_channel()) == {
        "Letter": ("Your order", "<p>It is on its way</p>", {"perch": "oak"}),
        "Text": sms,
        "Other text": sms,
        "Fax": ("Good morning", "lorem ipsum", {}),
    }


def test_title_and_body_are_not_needed_if_each_channel_has_its_content(world: World) -> None:
    assert set(texts(world, only())) == {"Letter", "Text"}


def test_the_word_of_a_module_without_a_channel_is_its_channel(world: World) -> None:
    content = {**CONTENT, "fax": {"body": "for the fax"}}

    assert texts(world, by_channel(content=content))["Fax"] == ("", "for the fax", {})


def test_a_channel_without_content_is_refused_with_the_target_and_the_remedy(world: World) -> None:
    assert refusal(world, by_channel(title=None, body=None)) == {
        "content": "has nothing for the channel fax of the target Fax; add content.fax, or title"
        " and body for all other channels, or name the targets to reach in targets"
    }


def test_a_channel_that_no_target_has_is_refused(world: World) -> None:
    content = {**CONTENT, "emial": CONTENT["email"]}

    assert refusal(world, by_channel(content=content)) == {
        "content.emial": "no target has this channel; there are: email, fax, pigeon, sms"
    }


def test_a_text_that_a_target_cannot_send_is_named_by_its_place(world: World) -> None:
    long = {**CONTENT, "sms": {"body": "<b>" + "x" * 40}}
    message = "contains HTML, which the target Text does not render; send plain text, leave the"

    assert refusal(world, only(content=long))["content.sms.body"].startswith(message)
    assert refusal(world, only(content=long, html_to_text=True)) == {
        "content.sms.body": "must be at most 30 characters for the target Text, not 40"
    }


def test_all_texts_above_their_limits_are_refused_at_once(world: World) -> None:
    content = {"email": {"title": "", "body": "x"}, "sms": {"body": "x" * 300_000}}

    assert set(refusal(world, by_channel(content=content, title="a\nb"))) == {
        "content.email.title",
        "content.sms.body",
        "title",
    }


def test_a_draft_without_any_content_is_refused(world: World) -> None:
    assert refusal(world, by_channel(content=None, body=None)) == {
        "content": "is required, or title and body"
    }


def test_an_extra_that_a_target_does_not_take_is_named_by_its_place(world: World) -> None:
    content = {**CONTENT, "sms": {"body": "x", "extra": {"colour": "red"}}}

    assert refusal(world, only(content=content)) == {
        "content.sms.extra.colour": "is not known; allowed are: perch"
    }


def test_a_repeated_key_completes_the_siblings_with_the_content_of_their_channel(
    world: World,
) -> None:
    draft = by_channel(idempotency_key="key")
    first = texts(world, draft)
    lead, *others = schedule(world.ports, "caller", draft).notifications
    for other in others:
        del world.notifications.stored[other.id]

    assert texts(world, draft) == first
    assert lead.id in world.notifications.stored


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"content": {"email": {"title": "Hello", "body": "x"}, "sms": {"body": "x"}}}, "content"),
        ({"content": None, "title": "Hello", "body": "other"}, "title, body"),
    ],
)
def test_a_key_with_other_content_is_refused_by_field(
    world: World, changes: dict[str, Any], names: str
) -> None:
    schedule(world.ports, "caller", only(idempotency_key="key"))

    with pytest.raises(IdempotencyMismatch, match=f"differs in {names}"):
        schedule(world.ports, "caller", only(idempotency_key="key", **changes))


def test_drafts_without_the_field_keep_their_fingerprint() -> None:
    assert a_draft(content=None).fingerprint == a_draft().fingerprint
    assert by_channel().fingerprint != a_draft().fingerprint


def scheduled(world: World, body: str) -> Notification:
    """The notification of an SMS, as it is stored."""
    draft = only(content={"sms": {"body": body}}, targets=["Text"])
    [notification] = schedule(world.ports, "caller", draft).notifications
    return world.notifications.stored[notification.id]


@pytest.mark.parametrize(
    ("body", "sms", "detail"),
    [
        ("Your table", ("GSM-7", 1, 10, 10), ""),
        ("Your tablă", ("UCS-2", 1, 10, 10), "1 SMS segment (UCS-2 because of “ă” (U+0103))"),
        ("😀", ("UCS-2", 1, 2, 1), "1 SMS segment (UCS-2 because of “😀” (U+1F600))"),
    ],
)
def test_an_sms_has_its_segments_and_the_timeline_names_the_character(
    world: World, body: str, sms: tuple[str, int, int, int], detail: str
) -> None:
    notification = scheduled(world, body)

    stored = notification.sms
    assert stored is not None
    assert (stored.encoding, stored.segments, stored.units, stored.characters) == sms
    assert [event.detail for event in notification.timeline] == [detail]


def test_other_channels_have_no_segments(world: World) -> None:
    created = schedule(world.ports, "caller", by_channel()).notifications

    assert [notification.sms is not None for notification in created].count(True) == 2


def test_a_target_that_normalises_stores_what_it_sends(world: World) -> None:
    world.modules.put(replace(world.modules.stored["text"], normalise=Normalise.SMART))

    notification = scheduled(world, "It is “ready”…")

    assert notification.content.body == 'It is "ready"...'
    assert notification.sms == SmsSegments(
        encoding=Encoding.GSM_7, characters=16, units=16, segments=1
    )


def test_a_text_of_two_segments_says_so(world: World) -> None:
    world.modules.put(replace(world.modules.stored["text"], max_length=None))

    [event] = scheduled(world, "a" * 161).timeline

    assert event.detail == "2 SMS segments (GSM-7)"
