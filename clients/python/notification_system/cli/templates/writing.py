"""Writes a template as files: the inverse of `files.read`."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from notification_content.templates.document_fields import DEFAULT_SEGMENTS
from notification_system.cli.templates import front_matter
from notification_system.cli.templates.files import (
    HEAD,
    HTML_PARTS,
    SCHEMA,
    TEXT_CHANNELS,
    TEXT_PARTS,
    is_ignored,
)

#: Fields of the API that files do not have, because each version has its own or another file has
#: them.
ELSEWHERE = frozenset({"schema", "content", "note"})

#: The names of locales and channels that are safe as names of files.
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


def write(folder: Path, fields: Mapping[str, Any]) -> list[Path]:
    """Write a template's files, and remove the files of content that it does not have.

    A file with the same meaning is left as it is, so that the layout of its JSON stays.

    Args:
        folder: the template's folder; created if it does not exist.
        fields: a body of `PUT /templates/{name}`.

    Returns:
        The files that were written or removed.

    Raises:
        ValueError: a locale or channel has a name that no file may have.
    """
    contents = dict(file_contents(fields))
    changed = [folder / name for name, text in contents.items() if _write(folder / name, text)]
    for file in sorted(folder.glob("*/*")):
        if _is_content(file) and file.relative_to(folder).as_posix() not in contents:
            file.unlink()
            changed.append(file)
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
    return changed


def file_contents(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of each file, relative to the template's folder, and its text.

    Raises:
        ValueError: a locale or channel has a name that no file may have.
    """
    head = {key: value for key, value in fields.items() if key not in ELSEWHERE and value}
    schema = fields["schema"]
    if head.get("examples") == schema.get("examples"):
        head.pop("examples", None)
    if head.get("max_segments") == DEFAULT_SEGMENTS:
        del head["max_segments"]
    yield HEAD, _json(head)
    yield SCHEMA, _json(schema)
    for locale, channels in fields["content"].items():
        for channel, parts in channels.items():
            if not (SAFE.fullmatch(locale) and SAFE.fullmatch(channel)):
                raise ValueError(f"{locale}/{channel} cannot be the name of a file")
            for name, text in _channel_files(channel, parts):
                yield f"{locale}/{name}", text


def _channel_files(channel: str, parts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if channel not in TEXT_CHANNELS:
        yield f"{channel}.json", _json(parts)
        return
    html = set(HTML_PARTS.values())
    texts = {part: name for name, (owner, part) in TEXT_PARTS.items() if owner == channel}
    for name, part in HTML_PARTS.items():
        if part in parts:
            values = {key: parts[key] for key in parts if key not in html | texts.keys()}
            yield name, front_matter.join(values, parts[part]) + "\n"
    for part, name in texts.items():
        if part in parts:
            yield name, f"{parts[part]}\n"


def _write(file: Path, text: str) -> bool:
    """Write a file unless it has this text or this JSON; return whether it was written."""
    if file.is_file():
        present = file.read_bytes().decode(errors="replace")
        if present == text or _same_json(file, present, text):
            return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return True


def _same_json(file: Path, present: str, text: str) -> bool:
    try:
        return file.suffix == ".json" and bool(json.loads(present) == json.loads(text))
    except ValueError:
        return False


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _is_content(file: Path) -> bool:
    known = file.name in HTML_PARTS or file.name in TEXT_PARTS or file.suffix == ".json"
    return known and file.is_file() and not is_ignored(file)
