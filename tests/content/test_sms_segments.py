"""The vectors are those of Twilio's message-segment-calculator, and its comparison with bills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_content.sms_segments import Culprit, normalise, segments, split

DIGITS = "1234567890"
EXTENSION = "|^€{}[]~\\\f"
#: Printable GSM-7 characters of one unit.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
FLAG, RAINBOW = "🇮🇹", "🏳️‍🌈"


def digits(number: int, first: int = 0) -> str:
    """Return that many digits of 1234567890…, from an index on."""
    return (DIGITS * 40)[first : first + number]


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "units"),
    [
        (digits(160), "GSM-7", 1, 160),
        (digits(161), "GSM-7", 2, 161),
        (digits(307), "GSM-7", 3, 307),
        ("😜" + digits(68, 1), "UCS-2", 1, 70),
        ("😜" + digits(69, 1), "UCS-2", 2, 71),
        ("😜" + digits(133, 1), "UCS-2", 3, 135),
        (FLAG + digits(66, 1), "UCS-2", 1, 70),
        (FLAG + digits(67, 1), "UCS-2", 2, 71),
        (RAINBOW + digits(64, 1), "UCS-2", 1, 70),
        (RAINBOW + digits(65, 1), "UCS-2", 2, 71),
        *((sign + digits(158), "GSM-7", 1, 160) for sign in EXTENSION),
        *((sign + digits(159), "GSM-7", 2, 161) for sign in EXTENSION),
        *((letter * 70, "UCS-2", 1, 70) for letter in "ÁÚúçíÍóÓ"),
        *((letter * 71, "UCS-2", 2, 71) for letter in "ÁÚúçíÍóÓ"),
        ("😀" + "]" * 68, "UCS-2", 1, 70),
        ("😀" + "]" * 69, "UCS-2", 2, 71),
        ("|" * 24 + "{" + "|" * 28 + "∞" + "|" * 10 + "^" + "|" * 5, "UCS-2", 1, 70),
        ("\rabcde\r\n123", "GSM-7", 1, 11),
        ("\nabcde\n\n123\n", "GSM-7", 1, 12),
        ("e\u0301\u0301\u0301" + "a" * 66, "UCS-2", 1, 70),
        ("e\u0301\u0301\u0301" + "a" * 67, "UCS-2", 2, 71),
        # The texts that Twilio sent and billed.
        ("a" * 80 + "\r\n" + "a" * 79, "GSM-7", 2, 161),
        ("a" * 80 + "\n" + "a" * 79, "GSM-7", 1, 160),
        ("a" * 200 + "\r\n" + "a" * 105, "GSM-7", 3, 307),
        ("é" * 70, "GSM-7", 1, 70),
        ("e\u0301" * 70, "UCS-2", 3, 140),
        ("e\u0301", "UCS-2", 1, 2),
        ("“Hi”", "UCS-2", 1, 4),
        ("a„b\u200cc", "UCS-2", 1, 5),
        ("😀|", "UCS-2", 1, 3),
        ("a" * 160, "GSM-7", 1, 160),
        ("a" * 161, "GSM-7", 2, 161),
        ("中" * 70, "UCS-2", 1, 70),
        ("中" * 71, "UCS-2", 2, 71),
        ("|", "GSM-7", 1, 2),
        ("", "GSM-7", 1, 0),
    ],
)
def test_a_text_takes_the_segments_that_the_published_vectors_give(
    text: str, encoding: str, parts: int, units: int
) -> None:
    result = segments(text)

    assert (result.encoding, result.segments, result.units) == (encoding, parts, units)
    assert result.characters == len(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 152 + "{" + "a" * 151, 2),  # the pair starts the second segment
        ("a" * 152 + "{" + "a" * 152, 3),  # 306 units, and one of padding
        ("中" * 66 + "😀" + "中" * 65, 2),
        ("中" * 66 + "😀" + "中" * 66, 3),
        ("{" * 76 + "a" + "{" * 76 + "a", 2),
        ("{" * 153, 3),  # 306 units, of which 152 fit a segment
    ],
)
def test_a_pair_is_never_split(text: str, parts: int) -> None:
    assert segments(text).segments == parts


def test_each_culprit_is_named_once_with_its_position_and_its_replacement() -> None:
    text = "Your “order” – 5 ă, e\u0301tage 😀"

    assert segments(text).culprits == (
        Culprit("“", 5, '"'),
        Culprit("”", 11, '"'),
        Culprit("–", 13, "-"),
        Culprit("ă", 17, None),
        Culprit("e\u0301", 20, "é"),
        Culprit("😀", 27, None),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "1 SMS segment (GSM-7)"),
        ("a" * 161, "2 SMS segments (GSM-7)"),
        ("ă" * 71, "2 SMS segments (UCS-2 because of “ă” (U+0103))"),
        ("a\u200b", "1 SMS segment (UCS-2 because of U+200B)"),
        ("a\u00a0", "1 SMS segment (UCS-2 because of U+00A0)"),
    ],
)
def test_the_result_can_be_read(text: str, shown: str) -> None:
    assert str(segments(text)) == shown


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("“Ann’s” – it’s «here»…", '"Ann\'s" - it\'s "here"...'),
        ("„So“ ‚so‘", "\"So\" 'so'"),
        ("5\u202f000\u00a0€", "5 000 €"),
        ("soft\u00adhyphen\u200b\ufeff", "softhyphen"),
        ("cafe\u0301, 5 \u2126", "café, 5 Ω"),
        ("a\u2028b", "a\nb"),
        ("−5 °", "−5 °"),  # the degree sign has no equal
        ("“ă”", "“ă”"),
        ("`code`…", "`code`…"),
        ("مرحبا…", "مرحبا…"),
        ("…" * 70, "…" * 70),  # 210 units of GSM-7 would be two segments
        ("plain", "plain"),
    ],
)
def test_normalising_keeps_the_meaning_or_the_text(text: str, normalised: str) -> None:
    assert normalise(text) == normalised


@given(st.text(alphabet=BASIC))
def test_a_basic_text_has_as_many_units_as_characters(text: str) -> None:
    result = segments(text)

    assert (result.encoding, result.units, result.culprits) == ("GSM-7", len(text), ())
    assert result.segments == (1 if len(text) <= 160 else -(-len(text) // 153))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_the_units_of_ucs_2_are_those_of_utf_16(text: str) -> None:
    result = segments(text + "中")

    assert result.encoding == "UCS-2"
    assert result.units == len((text + "中").encode("utf-16-le")) // 2
    assert result.culprits


@given(st.text(alphabet=BASIC + EXTENSION + "中😀“", min_size=1, max_size=1_000))
def test_the_segments_hold_all_units_and_at_most_one_unit_of_padding_each(text: str) -> None:
    result = segments(text)
    room = 153 if result.encoding == "GSM-7" else 67

    if result.segments == 1:
        assert result.units <= (160 if result.encoding == "GSM-7" else 70)
    else:
        assert (result.segments - 1) * (room - 1) < result.units <= result.segments * room


@given(st.text(alphabet=BASIC + EXTENSION + "“’–…\u00a0\u200be\u0301ă😀", max_size=400))
def test_normalising_twice_changes_nothing_and_never_costs_more(text: str) -> None:
    normalised = normalise(text)

    assert normalise(normalised) == normalised
    assert segments(normalised).segments <= segments(text).segments
    assert normalised == text or segments(normalised).encoding == "GSM-7"


@given(st.text(alphabet=BASIC + EXTENSION + "中😀“", max_size=1_000))
def test_a_text_is_split_into_its_segments(text: str) -> None:
    parts = split(text)
    encoding = segments(text).encoding

    assert "".join(parts) == text
    assert len(parts) == segments(text).segments
    if len(parts) > 1:
        units = [segments(part).units for part in parts]
        if encoding == "UCS-2":
            units = [len(part.encode("utf-16-le")) // 2 for part in parts]
        assert max(units) <= encoding.part
