"""The editor of templates: what it stores, refuses and shows, without scripts."""

import re
from html import unescape

import pytest

from notification_content.templates.document import TemplateDocument
from notification_content.templates.problems import TemplateRejected
from notification_core.domain.console_sessions import Role
from notification_core.domain.templates import TemplateRef
from notification_core.entrypoints.console.request import MAX_FORM
from notification_core.entrypoints.console.responses import MESSAGE_POLICY
from notification_core.entrypoints.console.template_form import TemplateForm
from tests.builders import World, a_template_document
from tests.console_world import Browser, ConsoleWorld, Page, text_of
from tests.usecases.templates import publish

PATH = "/templates/order-ready/edit"
MESSAGE = "/templates/order-ready/message"
BODY = "content.en.sms.body"
RICH = a_template_document(
    content={
        "en": {
            "email": {"subject": "Hi", "html": "\n<p>{{ order }}</p>\n", "from_name": "Shop"},
            "push": {"title": "T", "body": "{{ order }}", "extra": {"a": [1, "\u00e9"]}},
        },
        "de": {"sms": {"body": "{{ order }}\nist da"}, "fax": {"body": "x"}},
    },
    partial=["de"],
    max_segments=2,
)


@pytest.fixture
def author(site: ConsoleWorld) -> Browser:
    """The browser of an author."""
    return site.person(Role.AUTHOR)


def form_of(page: Page) -> dict[str, str]:
    """Return the fields of the editor as a browser sends them."""
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page.body, re.DOTALL)
    # A browser drops the first line break of a text area, and ends lines by CR and LF.
    fields = {name: unescape(text).removeprefix("\n").replace("\n", "\r\n") for name, text in areas}
    base = re.search(r'name="base" value="(\d+)"', page.body)
    assert base is not None
    return {"base": base[1]} | fields


def stored(world: World, version: int) -> TemplateDocument | None:
    """Return the document of a version."""
    ref = TemplateRef("order-ready", version)
    found = world.templates.versions([ref]).get(ref)
    return found.document if found else None


def test_a_document_stays_the_same_in_the_form() -> None:
    form = TemplateForm.of_document(RICH)
    sent = {name: text.replace("\n", "\r\n") for name, text in form.texts.items()}

    assert TemplateForm.of_request(sent).document().digest == RICH.digest


def test_storing_without_a_change_stores_nothing(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    push = {"title": "Ready", "body": "\nOrder {{ order }}\nis ready\n", "extra": {"a": [1]}}
    publish(world, content={"en": {"push": push, "sms": {"body": "{{ order }}"}}})
    fields = form_of(author.get(PATH))

    page = author.post(PATH, action="save", **fields)

    assert (page.status, page.location) == (303, "/templates/order-ready")
    assert "done=not_stored" in page.headers["Location"]
    assert stored(world, 2) is None
    assert [entry.outcome for entry in site.audit] == ["nothing new: version 1 is the same"]


def test_a_change_is_stored_as_a_new_version_and_logged(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {BODY: "Order {{ order }}:\r\nready", "note": "shorter"}

    page = author.post(PATH, action="save", **fields)

    assert "done=stored" in page.headers["Location"]
    document = stored(world, 2)
    assert document is not None
    assert document.content["en"]["sms"]["body"] == "Order {{ order }}:\nready"
    assert world.templates.heads(["order-ready"])["order-ready"].published == 1
    [entry] = site.audit
    assert (entry.action, entry.subject, entry.reason, entry.outcome) == (
        "store-template",
        "template order-ready@2",
        "shorter",
        "stored version 2",
    )
    version = world.templates.versions([TemplateRef("order-ready", 2)])
    assert [one.author for one in version.values()] == ["console: ada@example.com"]


def test_a_new_template_is_written_from_the_empty_form(world: World, author: Browser) -> None:
    fields = form_of(author.get(PATH))
    assert {"content.en.email.html", BODY, "content.en.push.title"} <= fields.keys()

    page = author.post(PATH, action="save", **fields | {BODY: "Hello"})

    assert page.status == 303, text_of(page)
    document = stored(world, 1)
    assert document is not None
    assert document.content == {"en": {"sms": {"body": "Hello"}}}


def test_errors_of_the_checks_are_at_their_fields_and_the_draft_is_stored(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {BODY: "{{ oder }}"}

    page = author.post(PATH, action="save", **fields)

    assert page.location == PATH
    assert "version=2&done=stored_draft" in page.headers["Location"]
    shown = author.get(PATH, version="2", done="stored_draft")
    assert f'id="{BODY}-errors">line 1: the variable `oder`' in shown.body
    assert f'aria-describedby="{BODY}-errors"' in shown.body
    assert site.audit[-1].outcome == "stored version 2, with 1 error"


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("schema", "{", "line 1: is not JSON"),
        ("schema", "[1]", "must be a JSON Schema"),
        ("schema", '{"a": NaN}', "is not JSON"),
        ("schema", '{"title": "\\ud800"}', "is not JSON"),
        ("schema", "[" * 100_000, "is not JSON"),
        ("schema", '{"a":' * 150 + "1" + "}" * 150, "must be at most 100 levels deep"),
        ("examples", "{}", "must be a list"),
        ("max_segments", "many", "must be a number from 1 to 10"),
        ("max_segments", "99999999999", "must be a number from 1 to 10"),
        ("default_locale", "", ""),
        ("default_locale", "fr", "has no content"),
        ("category", "<b>", "must be the name of a category"),
        ("content.en.push.extra", "{'a'}", "is not JSON"),
        ("content.en.fax.extra", "3", "must be an object"),
        ("content.en.email.html", "x" * 200_001, "must have at most 200,000 characters"),
    ],
)
def test_what_is_no_template_is_not_stored_and_the_text_stays(
    world: World, site: ConsoleWorld, author: Browser, field: str, text: str, message: str
) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {field: text, "note": "my note"}

    page = author.post(PATH, action="save", **fields)

    assert page.status == 422
    found = re.search(rf'id="{re.escape(field)}-errors">([^<]*)<', page.body)
    assert found is not None
    assert message in unescape(found[1])
    assert form_of(page)[field] == text
    assert 'value="my note"' in page.body
    assert (stored(world, 2), site.audit) == (None, [])


def test_a_version_that_was_stored_meanwhile_is_not_overlooked(
    world: World, author: Browser
) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {BODY: "mine"}
    publish(world, max_segments=2)

    page = author.post(PATH, action="save", **fields)
    again = author.post(PATH, action="save", **form_of(page))

    assert page.status == 409
    assert "version 2 was stored while you edited" in text_of(page)
    assert again.status == 303
    assert stored(world, 3) is not None


def test_a_language_and_a_channel_are_added_to_the_form_only(world: World, author: Browser) -> None:
    publish(world)
    fields = form_of(author.get(PATH))

    german = author.post(PATH, action="add", add_locale="DE-at", **fields)
    fax = author.post(PATH, action="add", add_locale="", add_channel="fax", **fields)
    wrong = author.post(PATH, action="add", add_locale="no locale", **fields)

    assert "content.de-AT.sms.body" in form_of(german)
    assert {"content.en.fax.title", "content.en.fax.body"} <= form_of(fax).keys()
    assert form_of(wrong) == fields
    assert 'class="error"' in wrong.body
    assert stored(world, 2) is None


def test_a_preview_shows_the_form_and_stores_nothing(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {BODY: "Now {{ order }} <b>"}

    page = author.post(PATH, action="preview", **fields)

    assert "Now A-17 <b>" in text_of(page).replace("&lt;", "<")
    assert "1 SMS segment (GSM-7)" in text_of(page)
    assert form_of(page)[BODY] == "Now {{ order }} <b>"
    assert (stored(world, 2), site.audit) == (None, [])


def test_a_preview_with_an_error_names_its_field(world: World, author: Browser) -> None:
    publish(world)
    fields = form_of(author.get(PATH))

    syntax = author.post(PATH, action="preview", **fields | {BODY: "{% if %}"})
    schema = author.post(PATH, action="preview", **fields | {"schema": "{"})
    data = author.post(PATH, action="preview", **fields | {"examples": "[{}]"})

    assert f"It cannot be shown {BODY} :" in text_of(syntax)
    assert "It cannot be shown schema : line 1: is not JSON" in text_of(schema)
    assert "It cannot be shown data" in text_of(data)
    assert {page.status for page in (syntax, schema, data)} == {200}


def test_an_e_mail_of_the_form_is_returned_for_a_frame(world: World, author: Browser) -> None:
    publish(world, content={"en": {"email": {"subject": "S", "html": "<p>{{ order }}</p>"}}})
    fields = form_of(author.get(PATH)) | {"content.en.email.html": "<h1>New {{ order }}</h1>"}

    page = author.post(MESSAGE, shown="en", **fields)
    wrong = author.post(MESSAGE, shown="en", **fields | {"schema": "<script>{"})

    assert ">New A-17</h1>" in page.body
    assert wrong.headers["Content-Type"].startswith("text/plain")
    assert "schema: line 1: is not JSON" in wrong.body
    for answer in (page, wrong):
        assert answer.headers["Content-Security-Policy"] == MESSAGE_POLICY


def test_a_form_without_the_token_stores_nothing(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {BODY: "mine"}

    for path in (PATH, MESSAGE):
        assert author.post(path, "forged", action="save", **fields).status == 403
    assert (stored(world, 2), site.audit) == (None, [])


def test_the_longest_document_fits_into_a_form(world: World, author: Browser) -> None:
    publish(world)
    fields = form_of(author.get(PATH)) | {"content.en.email.subject": "S"}
    # Markup, of which the browser encodes each sign in three bytes.
    fields |= {f"content.en.email.{part}": "<" * 199_000 for part in ("html", "text")}
    fields |= {f"content.en.c{number}.body": "<" * 199_000 for number in range(2)}

    page = author.post(PATH, action="add", **fields)

    assert MAX_FORM > 4 * 3 * 199_000
    assert page.status == 200
    assert len(form_of(page)["content.en.c1.body"]) == 199_000


def test_names_that_are_no_fields_of_a_template_are_ignored() -> None:
    names = ["content.en.sms", "content...", "x.en.sms.body", "content.a.b.c.d", "csrf_token"]

    assert TemplateForm.of_request(dict.fromkeys(names, "x")).texts == {}


def test_a_channel_with_a_wrong_name_is_an_error_that_is_shown(author: Browser) -> None:
    page = author.post(PATH, action="save", base="0", **{"content.en.SMS.body": "x"})

    assert page.status == 422
    assert "must be the name of a channel" in text_of(page)


def test_every_problem_of_a_form_is_reported_at_once() -> None:
    form = TemplateForm.of_request({"schema": "{", "default_locale": "en", BODY: ""})

    with pytest.raises(TemplateRejected) as raised:
        form.document()

    assert {problem.field for problem in raised.value.problems} == {"schema", "content"}
