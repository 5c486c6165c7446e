"""Contents of versions are stored small, and cached up to a size."""

import gzip
from dataclasses import replace

from notification_core.adapters.template_bodies import VersionCache, body_of, content_of
from notification_core.domain.templates import TemplateRef, TemplateVersion
from tests.builders import a_template_document, a_template_version


def a_version(number: int) -> TemplateVersion:
    """A version with this number."""
    return replace(VERSION, version=number)


VERSION = a_template_version()


def ref(number: int) -> TemplateRef:
    """A reference to it."""
    return TemplateRef(VERSION.name, number)


def test_a_repetitive_content_becomes_small_and_equal_contents_are_equal_bytes() -> None:
    locales = {tag: {"sms": {"body": "Your order {{ order }}. " * 200}} for tag in ("en", "de")}
    document = a_template_document(content=locales)

    assert len(body_of(document, None)) < 1000
    assert body_of(document, None) == body_of(a_template_document(content=locales), None)


def test_the_least_recently_used_version_makes_room() -> None:
    cache = VersionCache(limit=10)
    for number in (1, 2):
        cache.add(a_version(number), size=5)
    cache.get([ref(1)])
    cache.add(a_version(3), size=5)

    assert set(cache.get([ref(1), ref(2), ref(3)])) == {ref(1), ref(3)}


def test_a_version_that_is_read_twice_counts_once() -> None:
    cache = VersionCache(limit=10)
    for _ in range(3):
        cache.add(a_version(1), size=5)
    cache.add(a_version(2), size=5)

    assert set(cache.get([ref(1), ref(2)])) == {ref(1), ref(2)}


def test_a_draft_and_a_version_larger_than_the_cache_are_not_cached() -> None:
    cache = VersionCache(limit=10)
    cache.add(a_version(1), size=11)
    cache.add(replace(a_version(2), compiled=None), size=1)

    assert cache.get([ref(1), ref(2)]) == {}


def test_a_draft_has_its_document_only() -> None:
    document = a_template_document()
    draft = content_of(gzip.decompress(body_of(document, None)))
    compiled = content_of(gzip.decompress(body_of(document, VERSION.compiled)))

    assert draft == (document, None)
    assert compiled == (document, VERSION.compiled)
