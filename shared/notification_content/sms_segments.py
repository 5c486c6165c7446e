"""The segments of an SMS: how many a text takes, in which encoding, and because of what.

A network carries a text in GSM-7 (7-bit units) if every character is in the alphabet of 3GPP
TS 23.038, and in UCS-2 (UTF-16 units) otherwise. A text that exceeds one segment is split, and each
part then loses a few units to a header. The sender pays for each segment.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

#: The default alphabet, in the order of its codes. The escape 0x1B is not a character.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: The extension table. Each of these characters takes two units: the escape and its code.
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_7 = _BASIC | _EXTENSION

_LAST_OF_BMP = 0xFFFF

#: Characters with a replacement of the same meaning. Nothing else is replaced: a backtick, for
#: example, may be part of a password, and a zero-width joiner forms Arabic words and emoji.
_REPLACEMENTS = {
    **dict.fromkeys("“”„‟«»", '"'),
    **dict.fromkeys("‘’‚‛‹›", "'"),
    # Hyphen, non-breaking hyphen, figure, en and em dash, horizontal bar, minus.
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " "),
    **{chr(space): " " for space in range(0x2000, 0x200B)},
    # Soft hyphen, zero-width space, word joiner, byte order mark.
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    "…": "...",
}
_TABLE = str.maketrans(_REPLACEMENTS)


class Encoding(StrEnum):
    """The encoding of an SMS."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"

    @property
    def single(self) -> int:
        """The units of a text that fits one segment."""
        return 160 if self is Encoding.GSM_7 else 70

    @property
    def part(self) -> int:
        """The units of each segment of a longer text."""
        return 153 if self is Encoding.GSM_7 else 67


@dataclass(frozen=True, slots=True)
class Culprit:
    """A character that forces a text into UCS-2."""

    character: str  #: with its combining marks
    position: int  #: of its first occurrence: the index of a code point, from 0
    replacement: str | None  #: of the same meaning and in GSM-7, if there is one; may be empty

    def __str__(self) -> str:
        codes = " ".join(f"U+{ord(code):04X}" for code in self.character)
        if not self.character.strip() or not self.character.isprintable():
            return codes
        return f"“{self.character}” ({codes})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSegments:
    """What a text takes as an SMS."""

    encoding: Encoding
    characters: int  #: code points
    units: int  #: septets of GSM-7, or 16-bit units of UCS-2
    segments: int  #: at least 1
    culprits: tuple[Culprit, ...] = ()  #: each character once; empty for GSM-7

    def __str__(self) -> str:
        noun = "segment" if self.segments == 1 else "segments"
        reason = f" because of {self.culprits[0]}" if self.culprits else ""
        return f"{self.segments} SMS {noun} ({self.encoding}{reason})"


def segments(text: str) -> SmsSegments:
    """Return the encoding and the number of segments of a text."""
    encoding = Encoding.GSM_7 if _GSM_7.issuperset(text) else Encoding.UCS_2
    sizes = [_size(character, encoding) for character in text]
    units = sum(sizes)
    return SmsSegments(
        encoding=encoding,
        characters=len(text),
        units=units,
        segments=1
        if units <= encoding.single
        else 1 + sum(1 for _ in _starts(sizes, encoding.part)),
        culprits=() if encoding is Encoding.GSM_7 else _culprits(text),
    )


def split(text: str) -> tuple[str, ...]:
    """Return the text of each segment; a text without characters has one empty segment."""
    encoding = Encoding.GSM_7 if _GSM_7.issuperset(text) else Encoding.UCS_2
    sizes = [_size(character, encoding) for character in text]
    if sum(sizes) <= encoding.single:
        return (text,)
    starts = [0, *_starts(sizes, encoding.part)]
    return tuple(text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True))


def normalise(text: str) -> str:
    """Return the text with quotes, dashes, spaces and ellipses in GSM-7.

    Letters that are written with combining marks become one character. A text stays as it is if the
    result is not GSM-7 or takes more segments, because it would then lose its typography for
    nothing.
    """
    if _GSM_7.issuperset(text):
        return text
    normalised = _normalised(text)
    if not _GSM_7.issuperset(normalised):
        return text
    return normalised if segments(normalised).segments <= segments(text).segments else text


def _size(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return 2 if character in _EXTENSION else 1
    return 2 if ord(character) > _LAST_OF_BMP else 1


def _starts(sizes: Iterable[int], room: int) -> Iterator[int]:
    """Yield where each segment but the first starts: a character that does not fit starts one."""
    used = 0
    for position, size in enumerate(sizes):
        if used + size > room:
            yield position
            used = 0
        used += size


def _normalised(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_TABLE)


def _culprits(text: str) -> tuple[Culprit, ...]:
    culprits: dict[str, Culprit] = {}
    for position, character in _with_marks(text):
        if character in culprits or _GSM_7.issuperset(character):
            continue
        replacement = _normalised(character)
        in_gsm_7 = _GSM_7.issuperset(replacement)
        culprits[character] = Culprit(character, position, replacement if in_gsm_7 else None)
    return tuple(culprits.values())


def _with_marks(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character with the combining marks after it, and its position."""
    start = 0
    for position in range(1, len(text)):
        if not unicodedata.combining(text[position]):
            yield start, text[start:position]
            start = position
    yield start, text[start:]
