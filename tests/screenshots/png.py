"""Makes a screenshot small: a palette of 256 colours instead of three bytes for each pixel."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256

#: Bytes of a pixel, by the colour type of a PNG: RGB and RGBA.
CHANNELS = {2: 3, 6: 4}

Colour = tuple[int, int, int]


def with_palette(png: bytes) -> bytes:
    """Return a picture with its 256 most frequent colours; others become the nearest of these.

    Args:
        png: a PNG with 8 bits in a channel that is not interlaced, as Chromium writes it.

    Raises:
        ValueError: it is another kind of PNG.
    """
    width, height, rows = _decoded(png)
    frequent = Counter(colour for row in rows for colour in row).most_common()
    palette = [colour for colour, _ in frequent[:COLOURS]]
    places = {colour: place for place, colour in enumerate(palette)}
    for colour, _ in frequent[COLOURS:]:
        places[colour] = min(range(COLOURS), key=lambda place: _distance(palette[place], colour))
    lines = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return SIGNATURE + b"".join(
        [
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", b"".join(map(bytes, palette))),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _distance(one: Colour, other: Colour) -> int:
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _decoded(png: bytes) -> tuple[int, int, list[list[Colour]]]:
    """Return the width, the height and the rows of pixels of a PNG, without transparency."""
    chunks = list(_chunks(png))
    header = next(data for kind, data in chunks if kind == b"IHDR")
    width, height, depth, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or interlaced or colour_type not in CHANNELS:
        raise ValueError("only a PNG with 8 bits in a channel, not interlaced, can be read")
    size = CHANNELS[colour_type]
    data = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    stride, before, rows = width * size, bytes(width * size), []
    for start in range(0, len(data), stride + 1):
        before = _unfiltered(data[start], data[start + 1 : start + 1 + stride], before, size)
        rows.append(list(zip(before[0::size], before[1::size], before[2::size], strict=True)))
    return width, height, rows


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(png):
        [length] = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += length + 12


def _unfiltered(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    """Return the bytes of a line, which are stored as differences to those beside and above."""
    result = bytearray(line)
    for place in range(len(line)):
        left = result[place - size] if place >= size else 0
        corner = above[place - size] if place >= size else 0
        match kind:
            case 0:
                return line
            case 1:
                predicted = left
            case 2:
                predicted = above[place]
            case 3:
                predicted = (left + above[place]) // 2
            case _:
                predicted = _paeth(left, above[place], corner)
        result[place] = (line[place] + predicted) & 0xFF
    return bytes(result)


def _paeth(left: int, above: int, corner: int) -> int:
    """Return the one of three neighbours that is nearest to their linear prediction."""
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))
