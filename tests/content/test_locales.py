"""Language tags: RFC 5646's well-formed and ill-formed examples, RFC 4647's lookup."""

import pytest

from notification_content.locales import canonical, is_right_to_left, lookup


@pytest.mark.parametrize(
    ("tag", "spelling"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("zh-cmn-hans-cn", "zh-cmn-Hans-CN"),
        ("SR-LATN-RS", "sr-Latn-RS"),
        ("sl-ROZAJ-biske-1994", "sl-rozaj-biske-1994"),
        ("hy-latn-it-arevela", "hy-Latn-IT-arevela"),
        ("es-419", "es-419"),
        ("de-ch-x-phonebk", "de-CH-x-phonebk"),
        ("en-u-islamcal-us", "en-u-islamcal-us"),
        ("en-a-myext-b-another", "en-a-myext-b-another"),
        ("X-whatever", "x-whatever"),
        ("az-arab-x-aze-derbend", "az-Arab-x-aze-derbend"),
    ],
)
def test_a_well_formed_tag_gets_its_usual_spelling(tag: str, spelling: str) -> None:

    assert canonical(tag) == spelling
    assert canonical(spelling) == spelling


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "de_AT",
        "de-419-DE",
        "a-DE",
        "ar-a-aaa-b-bbb-a-ccc",
        "de-1996-1996",
        "deutsch land",
        "d",
        "de-",
        "-de",
        "dé",
        "en-x",
        "de-AT\n",
        "a" * 65,
    ],
)
def test_an_ill_formed_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="must"):
        canonical(tag)


@pytest.mark.parametrize(
    ("wanted", "available", "found"),
    [
        # RFC 4647, section 3.4: the tags that are tried, in their order.
        ("zh-Hant-CN-x-private1-private2", ["zh-Hant-CN-x-private1", "zh"], 0),
        ("zh-Hant-CN-x-private1-private2", ["zh-Hant-CN", "zh"], 0),
        ("zh-Hant-CN-x-private1-private2", ["zh-Hant", "zh"], 0),
        ("zh-Hant-CN-x-private1-private2", ["zh-Hant-CN-x", "zh"], 1),
        ("de-AT", ["en", "de"], 1),
        ("DE-at", ["de", "de-AT"], 1),
        ("de", ["de-AT"], None),
        ("fr", [], None),
    ],
)
def test_the_best_locale_is_found_by_shortening(
    wanted: str, available: list[str], found: int | None
) -> None:
    assert lookup(wanted, available) == (None if found is None else available[found])


@pytest.mark.parametrize("locale", ["ar", "ar-EG", "he", "fa-IR", "pa-Arab-PK", "en-Hebr"])
def test_some_locales_are_written_from_right_to_left(locale: str) -> None:
    assert is_right_to_left(locale)


@pytest.mark.parametrize("locale", ["de", "ar-Latn", "az", "pa", "en-x-arab", "de-AT"])
def test_the_others_are_written_from_left_to_right(locale: str) -> None:
    assert not is_right_to_left(locale)
