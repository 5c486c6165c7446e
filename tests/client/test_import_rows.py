"""Reading the dumps of django-notification-system."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_system.imports import rows
from notification_system.imports.rows import DumpError, Row, read_dump

OBJECT = {"model": "django_notification_system.notification", "pk": "1", "fields": {"title": "x"}}


def written(folder: Path, text: str) -> Path:
    path = folder / "dump.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", ["", "[]", " [ ] \n"])
def test_an_empty_dump_has_no_rows(tmp_path: Path, text: str) -> None:
    assert list(read_dump(written(tmp_path, text))) == []


def test_an_array_and_json_lines_are_read_alike(tmp_path: Path) -> None:
    other = OBJECT | {"model": "auth.User", "pk": 7}
    expected = [Row("notification", "1", {"title": "x"}), Row("auth.user", "7", {"title": "x"})]
    array = written(tmp_path, json.dumps([OBJECT, other], indent=2))
    assert list(read_dump(array)) == expected
    lines = written(tmp_path, f"\ufeff{json.dumps(OBJECT)}\n{json.dumps(other)}\n")
    assert list(read_dump(lines)) == expected


def test_a_row_without_a_primary_key_has_an_empty_key(tmp_path: Path) -> None:
    dump = written(tmp_path, json.dumps([{"model": "a.b", "fields": {}}]))
    assert list(read_dump(dump)) == [Row("a.b", "", {})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "is not valid JSON"),
        (json.dumps([OBJECT])[:-1], "the dump is incomplete"),
        ('{"a": 1}', "object 1 of .* has no `model` and `fields`"),
        (json.dumps([OBJECT, 3]), "object 2 of"),
        ("nonsense", "is not valid JSON"),
    ],
)
def test_another_file_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DumpError, match=message):
        list(read_dump(written(tmp_path, text)))


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="cannot be read"):
        list(read_dump(tmp_path / "absent.json"))
    (tmp_path / "binary").write_bytes(b"[\xff\xfe")
    with pytest.raises(DumpError, match="cannot be read"):
        list(read_dump(tmp_path / "binary"))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.text(), values)), st.integers(1, 40))
def test_a_dump_is_read_in_parts_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, fields: list[dict[str, Any]], size: int
) -> None:
    objects = [{"model": "a.b", "pk": index, "fields": f} for index, f in enumerate(fields)]
    dump = written(tmp_path_factory.mktemp("dump"), json.dumps(objects, ensure_ascii=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_CHUNK", size)
        assert [row.fields for row in read_dump(dump)] == fields
