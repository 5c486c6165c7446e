"""Language tags: their form (BCP 47), and the choice of an available one (RFC 4647)."""

import re
from collections.abc import Collection

#: RFC 5646, section 2.1, "langtag", and tags for private use alone. The few grandfathered tags that
#: do not have this form, such as `i-klingon`, are not accepted.
_TAG = re.compile(
    r"""(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})
    (?P<script>-[a-z]{4})?
    (?P<region>-(?:[a-z]{2}|[0-9]{3}))?
    (?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)
    (?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)
    (?P<private>-x(?:-[a-z0-9]{1,8})+)?
    |x(?:-[a-z0-9]{1,8})+""",
    re.ASCII | re.VERBOSE,
)

#: The case of a region (2 letters) and of a script (4 letters).
_CASES = {2: str.upper, 4: str.title}

#: The longest accepted tag, in characters. RFC 5646, section 4.4.1, asks for at least 35.
LONGEST = 64

#: Languages that are written from right to left unless the tag names another script (CLDR 48).
_RIGHT_TO_LEFT_LANGUAGES = frozenset(
    "ar arc ckb dv fa glk he iw ji ks lrc mzn nqo ps sd syr ug ur yi".split()  # noqa: SIM905
)
#: Scripts that are written from right to left (ISO 15924).
_RIGHT_TO_LEFT_SCRIPTS = frozenset(
    "adlm arab aran hebr mand mend nkoo rohg samr syrc syre syrj syrn thaa".split()  # noqa: SIM905
)
#: The length of a script's subtag.
_SCRIPT = 4


def canonical(tag: str) -> str:
    """Return a language tag in its usual spelling: `DE-at` becomes `de-AT`.

    Raises ValueError for a tag that is not well-formed.
    """
    match = _TAG.fullmatch(tag.lower()) if len(tag) <= LONGEST and tag.isascii() else None
    if match is None:
        raise ValueError("must be a language tag such as de, de-AT or zh-Hant-TW")
    _refuse_repetition(match)
    cased: list[str] = []
    in_extension = False
    for subtag in match[0].split("-"):
        in_extension |= len(subtag) == 1
        # The language and the subtags of extensions are in lower case (RFC 5646, section 2.1.1).
        plain = in_extension or not cased
        cased.append(subtag if plain else _CASES.get(len(subtag), str.lower)(subtag))
    return "-".join(cased)


def _refuse_repetition(match: re.Match[str]) -> None:
    """Refuse a variant or an extension that a tag contains twice (RFC 5646, section 2.2.9)."""
    variants = (match["variants"] or "").split("-")[1:]
    extensions = re.findall(r"-([0-9a-wy-z])(?=-)", match["extensions"] or "")
    for subtags in (variants, extensions):
        if len(set(subtags)) < len(subtags):
            raise ValueError("must not contain the same variant or extension twice")


def lookup(wanted: str, available: Collection[str]) -> str | None:
    """Return the available locale that serves a wanted one best; None if no locale does.

    The wanted tag is shortened from its end until a locale matches: `de-AT-1996` is served by
    `de-AT`, then by `de` (RFC 4647, section 3.4). Upper and lower case are equal.
    """
    by_tag = {tag.lower(): tag for tag in available}
    subtags = wanted.lower().split("-")
    while subtags:
        if (tag := by_tag.get("-".join(subtags))) is not None:
            return tag
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()
    return None


def is_right_to_left(locale: str) -> bool:
    """Whether text in a locale is written from right to left.

    The script counts if the tag names one: `ar` and `pa-Arab` are, `ar-Latn` is not.
    """
    language, *others = locale.split("-")
    for subtag in others:
        if len(subtag) == 1:
            break
        if len(subtag) == _SCRIPT and subtag.isalpha():
            return subtag.lower() in _RIGHT_TO_LEFT_SCRIPTS
    return language.lower() in _RIGHT_TO_LEFT_LANGUAGES
