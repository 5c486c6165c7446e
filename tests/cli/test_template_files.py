"""A template as files: what is read, what is written, and the places of problems."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_system.cli.templates import files, front_matter
from notification_system.cli.templates.file_problems import UnreadableFiles
from notification_system.cli.templates.writing import write

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "examples": [{"name": "A"}]}


def put(folder: Path, **contents: str) -> Path:
    """Write files, whose names have `__` for `/` and `_` for `.`."""
    texts = {"template.json": '{"default_locale": "en"}', "schema.json": json.dumps(SCHEMA)}
    texts |= {name.replace("__", "/").replace("_", "."): text for name, text in contents.items()}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(UnreadableFiles) as caught:
        files.read(folder)
    return [str(problem).removeprefix(f"{folder.as_posix()}/") for problem in caught.value.problems]


def test_a_folder_is_read_as_the_body_of_a_request(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "receipt",
        en__email_mjml="---\nsubject: Your order: {{ name }}\nlayout: brand\n---\n<mj-section/>\n",
        en__email_txt="Hello\n\n",
        en__sms_txt="Hello {{ name }}\r\nBye\r\n",
        en__push_json='{"title": "T", "body": "B", "extra": {"sound": "default"}}',
        de__webhook_json='{"body": "B"}',
    )

    assert files.read(folder).fields == {
        "default_locale": "en",
        "schema": SCHEMA,
        "content": {
            "de": {"webhook": {"body": "B"}},
            "en": {
                "email": {
                    "subject": "Your order: {{ name }}",
                    "layout": "brand",
                    "mjml": "<mj-section/>",
                    "text": "Hello\n",
                },
                "sms": {"body": "Hello {{ name }}\nBye"},
                "push": {"title": "T", "body": "B", "extra": {"sound": "default"}},
            },
        },
    }


def test_the_place_of_a_field_counts_the_front_matter(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "receipt",
        en__email_html="---\nsubject: A\n# a comment\nreply_to: a@example.com\n---\n<p>\n",
        en__push_json='{\n  "title": "T",\n  "body": "B"\n}',
    )

    places = files.read(folder).places

    assert {name: place.line for name, place in places.items() if name.startswith("content.")} == {
        "content.en.email": 1,
        "content.en.email.subject": 2,
        "content.en.email.reply_to": 4,
        "content.en.email.html": 6,
        "content.en.push": 1,
        "content.en.push.title": 2,
        "content.en.push.body": 3,
    }


def test_all_problems_of_files_are_named_at_once(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "receipt",
        template_json='{\n  "default_locale": "en",\n}',
        schema_json="[]",
        de__email_html="---\nsubject A\n---\n",
        en__email_html="<p>",
        en__email_mjml="<mj-section/>",
        en__sms_json="{}",
        fr__email_mjml="---\nsubject: A\n<p>",
        fr__push_json="{",
    )
    (folder / "en" / "sms.txt").write_bytes(b"\xff")

    found = problems_of(folder)

    assert [problem.split(" ", 1)[0] for problem in found] == [
        "de/email.html:2:",
        "en/email.mjml:1:",
        "en/sms.json:1:",
        "en/sms.txt:1:",
        "fr/email.mjml:3:",
        "fr/push.json:1:",
        "schema.json:1:",
        "template.json:3:",
    ]
    assert "keep one of the two files" in found[1]
    assert "`email.txt`, `sms.txt`, `push.json`" in found[2]


def test_a_missing_file_is_named_with_the_shortest_one(tmp_path: Path) -> None:
    missing = "error: the file is missing; the shortest is"
    schema, head = '{"type": "object", "properties": {}}', '{"default_locale": "en"}'

    assert problems_of(tmp_path / "receipt") == [
        f"schema.json:1: {missing} `{schema}`",
        f"template.json:1: {missing} `{head}`",
    ]


@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5_000])
def test_json_that_cannot_be_read_is_a_problem_of_its_file(tmp_path: Path, value: str) -> None:
    folder = put(tmp_path / "receipt", en__sms_txt="Hello")
    (folder / "schema.json").write_text(f'{{"a": {value}}}')

    [problem] = problems_of(folder)

    assert problem.startswith("schema.json:1: error: the file cannot be read: ")


def test_the_files_of_editors_and_readers_are_not_content(tmp_path: Path) -> None:
    folder = put(tmp_path / "receipt", en__sms_txt="Hello")
    for name in (".DS_Store", "README.md", "sms.txt~", "sms.bak"):
        (folder / "en" / name).write_text("x")
        (folder / name).write_text("x")

    assert files.read(folder).fields["content"] == {"en": {"sms": {"body": "Hello"}}}


def test_a_file_with_the_same_meaning_keeps_its_layout(tmp_path: Path) -> None:
    folder = put(tmp_path / "receipt", en__sms_txt="Hello\n", de__sms_txt="Hallo\n")
    fields = files.read(folder).fields
    before = (folder / "schema.json").read_text()

    del fields["content"]["de"]
    changed = write(folder, fields)

    assert changed == [folder / "de/sms.txt"]
    assert not (folder / "de").exists()
    assert (folder / "schema.json").read_text() == before


def test_a_file_that_is_no_content_is_never_removed(tmp_path: Path) -> None:
    folder = put(tmp_path / "receipt", en__sms_txt="Hello\n")
    fields = files.read(folder).fields
    (folder / "images").mkdir()
    (folder / "images" / "logo.png").write_bytes(b"PNG")

    write(folder, fields)

    assert (folder / "images" / "logo.png").read_bytes() == b"PNG"


@pytest.mark.parametrize("name", ["..", "a/b", "", "."])
def test_content_cannot_be_written_outside_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        write(tmp_path / "receipt", {"schema": {}, "content": {name: {"sms": {"body": "x"}}}})


# A carriage return is not kept, because version control may add it. A byte order mark is not text.
TEXT = st.text(
    st.one_of(
        st.sampled_from("\n\"'#:-{} \t—{%"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff"),
    )
)
HTML = st.one_of(
    st.fixed_dictionaries({"html": TEXT}),
    st.fixed_dictionaries({"mjml": TEXT}),
)
EMAIL = st.builds(
    lambda html, rest: rest | html,
    HTML,
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("subject", "text", "layout", "from_name", "reply_to"), TEXT),
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=4,
)
PARTS = st.fixed_dictionaries(
    {"body": TEXT}, optional={"title": TEXT, "extra": st.dictionaries(TEXT, JSON)}
)
CHANNELS = st.fixed_dictionaries(
    {},
    optional={
        "email": EMAIL,
        "sms": st.fixed_dictionaries({"body": TEXT}),
        "push": PARTS,
        "webhook": PARTS,
    },
).filter(bool)
FIELDS = st.fixed_dictionaries(
    {
        "default_locale": st.just("en"),
        "schema": st.dictionaries(TEXT, JSON),
        "content": st.dictionaries(st.sampled_from(["en", "de-AT", "zh-Hant-TW"]), CHANNELS),
    },
    optional={
        "category": st.just("security"),
        "partial": st.just(["de-AT"]),
        "examples": st.lists(st.dictionaries(TEXT, JSON), min_size=1),
    },
)


@given(FIELDS)
def test_writing_is_the_inverse_of_reading(fields: dict[str, Any]) -> None:
    with TemporaryDirectory() as root:
        folder = Path(root) / "receipt"
        write(folder, fields)
        read = files.read(folder).fields

        expected = dict(fields)
        if expected.get("examples") == fields["schema"].get("examples"):
            expected.pop("examples", None)
        assert read == expected
        assert write(folder, read) == []


@given(st.dictionaries(st.sampled_from(["subject", "layout"]), TEXT), TEXT)
def test_front_matter_and_body_are_found_again(values: dict[str, str], body: str) -> None:
    parsed = front_matter.split(front_matter.join(values, body))

    assert (dict(parsed.values), parsed.body) == (values, body)
