"""Two versions of a template are compared part by part."""

from typing import Any

from notification_content.templates.diff import ChangeKind, diff_of
from tests.builders import a_template_document

SMS = {"sms": {"body": "One\nTwo\nThree"}}


def content(**locales: Any) -> dict[str, Any]:
    """The field `content`."""
    return {"content": locales}


def test_equal_documents_have_no_differences() -> None:
    differences = diff_of(a_template_document(), a_template_document())

    assert differences.changes == ()
    assert differences.added_locales == differences.removed_channels == ()


def test_a_text_is_compared_line_by_line() -> None:
    before = a_template_document(**content(en=SMS))
    after = a_template_document(**content(en={"sms": {"body": "One\nAnd two\nThree"}}))

    [change] = diff_of(before, after).changes

    assert (change.field, change.kind) == ("content.en.sms.body", ChangeKind.CHANGED)
    assert change.diff == "@@ -1,3 +1,3 @@\n One\n-Two\n+And two\n Three"


def test_a_new_locale_and_a_new_channel_are_named() -> None:
    push = {"push": {"title": "Order", "body": "Ready", "extra": {"sound": "ping"}}}
    before = a_template_document(**content(en=SMS))
    after = a_template_document(**content(en=SMS | push, de=SMS))

    added, removed = diff_of(before, after), diff_of(after, before)

    assert (added.added_locales, added.added_channels) == (("de",), ("en.push", "de.sms"))
    assert (removed.removed_locales, removed.removed_channels) == (
        ("de",),
        ("en.push", "de.sms"),
    )
    kinds = {change.field: change.kind for change in added.changes}
    assert kinds["content.en.push.extra"] is ChangeKind.ADDED
    assert {change.kind for change in removed.changes} == {ChangeKind.REMOVED}
    extra = next(change for change in added.changes if change.field.endswith("extra"))
    assert extra.diff == '@@ -0,0 +1,3 @@\n+{\n+  "sound": "ping"\n+}'


def test_the_schema_and_the_settings_are_compared_too() -> None:
    schema = {"type": "object", "properties": {"order": {"type": "integer"}}}
    before = a_template_document()
    after = a_template_document(schema=schema, category=None, max_segments=2, examples=[])

    changes = {change.field: change for change in diff_of(before, after).changes}

    assert set(changes) == {"schema", "category", "max_segments", "examples"}
    assert '-      "type": "string"\n+      "type": "integer"' in changes["schema"].diff
    assert changes["category"].kind is ChangeKind.REMOVED
    assert changes["max_segments"].diff == "@@ -1 +1 @@\n-3\n+2"
