"""The checks before publication: each problem names locale, channel, part, line and variable."""

from typing import Any

import pytest

from notification_content.templates.checks import CheckResult, check
from notification_content.templates.document import LARGE_EMAIL, TemplateDocument

EXAMPLE: dict[str, Any] = {
    "name": "Ann",
    "note": "Ring twice",
    "order": {"id": 7, "items": [{"name": "Tea", "price": 2.5}]},
    "size": None,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "note": {"type": "string"},
        "size": {"type": ["string", "null"]},
        "order": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "items": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "price": {"type": "number"}},
                        "required": ["name"],
                    },
                },
            },
            "required": ["id", "items"],
        },
    },
    "required": ["name", "order", "size"],
    "examples": [EXAMPLE],
}
LINK = '{% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">Unsubscribe</a>{% endif %}'
PAGE = f"""<p>Hi {{{{ name }}}}</p>
{{% for item in order.items %}}<p>{{{{ item.name }}}}
{{% if item.price %}}{{{{ item.price | currency("EUR") }}}}{{% endif %}}</p>{{% endfor %}}
{LINK}"""
EMAIL = {"subject": "Order {{ order.id }}", "html": PAGE}
SMS = {"body": "{{ name }}{% if note %}: {{ note }}{% endif %}{% if size %} {{ size }}{% endif %}"}


def checked(
    content: dict[str, Any],
    *,
    mandatory: bool = False,
    layouts: dict[str, TemplateDocument] | None = None,
    **fields: Any,
) -> CheckResult:
    document = TemplateDocument.of(
        {"default_locale": "en", "schema": SCHEMA, "content": content} | fields
    )
    return check(document, layouts or {}, mandatory=mandatory)


def errors(content: dict[str, Any], **options: Any) -> list[str]:
    """The errors with their fields."""
    result = checked(content, **options)
    assert (result.compiled is None) == bool(result.errors)
    return [f"{problem.field}: {problem}" for problem in result.errors]


def warnings(content: dict[str, Any], **options: Any) -> list[str]:
    """The warnings with their fields."""
    return [f"{p.field}: {p}" for p in checked(content, **options).warnings]


def test_a_complete_template_has_no_problem() -> None:
    result = checked({"en": {"email": EMAIL, "sms": SMS}, "de": {"email": EMAIL, "sms": SMS}})
    assert result.errors == ()
    assert result.warnings == ()
    assert result.compiled is not None


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("\n{{ nam }}", "line 2: the variable `nam` is not in the schema; did you mean `name`?"),
        ("{{ order.idd }}", "line 1: the variable `order.idd` is not in the schema; did you mean "),
        ("{{ zzz }}", "line 1: the variable `zzz` is not in the schema"),
        ("{% if nam %}{% endif %}a", "line 1: the variable `nam`"),
        ("{% if name == nam %}{% endif %}a", "line 1: the variable `nam`"),
        ("{{ name | default(nam) }}", "line 1: the variable `nam`"),
        ("{{ name | join(separator=nam) }}", "line 1: the variable `nam`"),
        ("{{ order['idd'] }}", "line 1: the variable `order.idd`"),
        ("{{ order.items[0].nam }}", "line 1: the variable `order.items[0].nam`"),
        (
            "{% for i in order.items %}\n{{ i.nam }}{% endfor %}",
            "line 2: the variable `i.nam` is not",
        ),
        ("{% for i in order.items if i.nam %}a{% endfor %}b", "line 1: the variable `i.nam`"),
        ("{% for i in order.items | sort(attribute='name') %}{{ i.x }}{% endfor %}", "`i.x`"),
        ("{% set first = order.items | first %}{{ first.x }}", "`first.x`"),
        (
            "{% for i in order.items %}{{ i.name }}{% endfor %}{{ i.name }}",
            "the variable `i` is not",
        ),
        ("{% for i in order.items %}{{ loop.idx }}{% endfor %}", "`loop.idx`"),
        ("{% set a = order %}{{ a.x }}", "`a.x`"),
        ("{{ brand.nam }}", "did you mean `brand.name`?"),
        ("{{ unsubscribe }}", "did you mean `unsubscribe_url`?"),
        ("{{ name.first }}", "`name.first` is not in the schema"),
        ("a\n{{ name", "line 2: the tag does not end; write }}"),
        ("{% if name %}", "line 1: {% if %} does not end; write {% endif %}"),
        ("{% for i in %}{% endfor %}", "line 1: unexpected end of block"),
        ("{{ name | nope }}", "line 1: there is no filter `nope`; the filters are abs, "),
        ("{{ name is odds }}", "line 1: there is no test `is odds`"),
        ("{% include 'x' %}", "line 1: {% include %} is not a statement of templates"),
        ("{{ name name }}", "line 1: unexpected identifier"),
        ("{{ note }}", "line 1: `{{ note }}` needs a value that is missing"),
        ("{{ size }}", "line 1: prints a value that is missing"),
        ("{{ order.items[0].name }}", "line 1: `{{ order.items[0].name }}` needs a value that is "),
        ("{{ order.items }}", "prints a list or an object"),
        ("{{ unsubscribe_url }}", "prints a value that is missing"),
        ("{% if note %}a{% endif %}", "is empty (with only the required fields of example 1)"),
        ("{{ '{{' }} name }}", "contains {{ after rendering"),
    ],
)
def test_a_wrong_text_is_refused(source: str, problem: str) -> None:
    found = errors({"en": {"push": {"title": "t", "body": source}}})
    assert any(f"content.en.push.body: {problem}" in error or problem in error for error in found)
    assert all(error.startswith("content.en.push.body") for error in found)


def test_a_problem_names_the_variable() -> None:
    result = checked({"en": {"push": {"title": "t", "body": "{{ order.idd }}"}}})
    assert [problem.variable for problem in result.errors] == ["order.idd"]


def test_the_line_is_that_of_the_source_of_an_email() -> None:
    html = "<style>\np { a: b }\n</style>\n\n<p>{{ note }}</p>" + LINK
    [error] = errors({"en": {"email": EMAIL | {"html": html}}})
    assert error.startswith("content.en.email.html: line 5: `{{ note }}` needs a value")
    mjml = "<mjml><mj-body><mj-section><mj-column>\n<mj-text>{{ note }} " + LINK
    mjml += "</mj-text></mj-column></mj-section></mj-body></mjml>"
    [error] = errors({"en": {"email": {"subject": "s", "mjml": mjml}}})
    assert error.startswith("content.en.email.mjml: line 2: `{{ note }}` needs a value")


def test_a_locale_has_every_channel_or_is_partial() -> None:
    content = {"en": {"email": EMAIL, "sms": SMS}, "de": {"sms": SMS}}
    missing = "content.de.email: is missing; write it, or name de in `partial`"
    assert errors(content) == [missing]
    assert errors(content, partial=["de"]) == []


def test_an_email_has_a_link_to_unsubscribe_unless_its_category_is_mandatory() -> None:
    email = {"en": {"email": EMAIL | {"html": "<p>{{ name }}</p>", "text": "{{ name }}"}}}
    found = errors(email)
    assert [error.split(":")[0] for error in found] == [
        "content.en.email.html",
        "content.en.email.text",
    ]
    assert all("has no unsubscribe link" in error for error in found)
    assert errors(email, mandatory=True) == []


def test_a_link_without_an_address_is_a_warning() -> None:
    html = PAGE.replace(LINK, '<a href="{{ unsubscribe_url }}">Unsubscribe</a>')
    content = {"en": {"email": EMAIL | {"html": html}, "sms": SMS}}
    assert errors(content) == []
    [warning] = warnings(content)
    assert warning.startswith("content.en.email.html: has a link without an address; write {% if ")


def test_a_link_that_depends_on_data_is_not_enough() -> None:
    html = "<p>{{ name }}</p>{% if note %}" + LINK + "{% endif %}"
    [error] = errors({"en": {"email": EMAIL | {"html": html}}})
    assert "has no unsubscribe link" in error


def test_an_email_needs_a_subject() -> None:
    assert errors({"en": {"email": {"html": PAGE}}}) == ["content.en.email.subject: is missing"]
    [error] = errors({"en": {"email": EMAIL | {"subject": "{{ name }}" + "x" * 300}}})
    assert "has more than 256 characters" in error
    [error] = errors({"en": {"email": EMAIL | {"subject": "{% if note %}a{% endif %}"}}})
    assert error.startswith("content.en.email.subject: is empty")


def test_a_page_with_an_image_only_is_not_empty() -> None:
    assert errors({"en": {"email": EMAIL | {"html": "<img src='x'>"}}}, mandatory=True) == []
    [error] = errors({"en": {"email": EMAIL | {"html": "<p>&nbsp;</p>"}}}, mandatory=True)
    assert error.startswith("content.en.email.html: is empty")


def test_an_sms_with_too_many_segments_is_refused() -> None:
    content = {"en": {"sms": {"body": "{{ name }} 😀" + "x" * 150}}}
    [error] = errors(content, max_segments=2)
    assert "but `max_segments` is 2; “😀” (U+1F600) is at position 4" in error
    assert errors(content) == []


def test_a_large_email_is_a_warning() -> None:
    html = PAGE + f"<!-- {'x' * LARGE_EMAIL} -->"
    [warning] = warnings({"en": {"email": EMAIL | {"html": html}, "sms": SMS}})
    assert warning.startswith("content.en.email.html: has more than 102,400")
    assert "Gmail" in warning


def test_unescaped_values_and_unused_properties_are_warnings() -> None:
    assert warnings({"en": {"email": EMAIL | {"html": f"\n{{{{ name | safe }}}}{LINK}"}}}) == [
        (
            "content.en.email.html: line 2: `{{ name | safe }}` is not escaped: "
            "data can contain any HTML"
        ),
        "schema: `note` is not used by any text",
        "schema: `size` is not used by any text",
        "schema: `order.items` is not used by any text",
    ]


def test_missing_plural_forms_are_a_warning() -> None:
    body = "{{ order.id | plural(one='# pies', few='# psy', other='# psów') }}"
    found = warnings({"en": {"sms": {"body": "{{ name }}"}}, "pl": {"sms": {"body": body}}})
    assert found[0] == (
        "content.pl.sms.body: line 1: pl also has the plural forms `many`; `other` is used for them"
    )


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "array"}, "schema: must have the type object"),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}},
            "examples: are missing; add at least one",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "examples": [{"a": 1}]},
            "examples: example 1: a must be a text",
        ),
        (
            {"type": "object", "properties": {"a": {}}, "examples": [{"b": 1}]},
            "examples: example 1: b is not in the template's schema; remove it",
        ),
    ],
)
def test_a_wrong_schema_or_example_is_refused(schema: dict[str, Any], problem: str) -> None:
    found = errors({"en": {"sms": {"body": "hello"}}}, schema=schema)
    assert any(error.startswith(problem) for error in found)


def layout(html: str, **fields: Any) -> TemplateDocument:
    return TemplateDocument.of(
        {"default_locale": "en", "content": {"en": {"email": {"html": html}}}} | fields
    )


def test_the_variables_of_a_layout_are_those_of_the_template() -> None:
    content = {"en": {"email": EMAIL | {"layout": "brand"}}}
    brand = {"brand": layout("<h1>{{ nam }}</h1>{{ content }}")}
    [error] = errors(content, layouts=brand)
    assert error == (
        "content.en.email.layout: the layout brand uses the variable `nam`, which is not in the "
        "schema; did you mean `name`?"
    )
    brand = {"brand": layout("<h1>{{ name }}</h1>{{ content }}")}
    assert errors(content, layouts=brand) == []
    brand = {"brand": layout("<h1>{{ note }}</h1>{{ content }}")}
    [error] = errors(content, layouts=brand)
    assert error.startswith("content.en.email.layout: `{{ note }}` needs a value that is missing")
    assert errors(content)[0].startswith("content.en.email.layout: the layout brand does not exist")


def test_a_layout_is_checked_by_itself() -> None:
    assert check(
        layout(f"<h1>{{{{ brand.name }}}}</h1>{{{{ content }}}}{LINK}"), {}, mandatory=False
    ) == (
        check(layout(f"<h1>{{{{ brand.name }}}}</h1>{{{{ content }}}}{LINK}"), {}, mandatory=True)
    )
    for html, problem in (
        ("{{ content }}{{ content }}", "contains {{ content }} 2 times; a layout contains it once"),
        ("{{ content }}{{ x }}", "line 1: the variable `x` is not in the schema"),
    ):
        result = check(layout(html), {}, mandatory=False)
        assert [str(error) for error in result.errors] == [problem]


def test_checking_again_gives_the_same_template() -> None:
    content = {"en": {"email": EMAIL, "sms": SMS}}
    first, second = checked(content).compiled, checked(content).compiled
    assert first is not None
    assert second is not None
    assert first.digest == second.digest
