"""What a deployment says about itself: its brand, its languages and the addresses of test sends."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from notification_content.locales import canonical, lookup
from notification_core.domain.addresses import normalised_address
from notification_core.domain.consent_scopes import check_category
from notification_core.domain.content import is_one_line
from notification_core.domain.errors import InvalidInput

MAX_NAME = 64  #: characters of the brand's name, and of a category's label
MAX_URL = 512  #: characters of the brand's address
MAX_ALLOWED = 100  #: addresses that test sends may have

DEFAULT_LOCALE = "en"

_URL = re.compile(r"https?://[^\s\"'<>]+")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The sender as recipients know it. An empty text is not shown.

    Raises:
        ValueError: a value has a wrong format; the error names it.
    """

    name: str = ""
    url: str = ""  #: where the name links to
    color: str = ""  #: of the line above an e-mail, as `#1a56db`

    def __post_init__(self) -> None:
        for key, text in asdict(self).items():
            if not isinstance(text, str):
                raise TypeError(f"brand.{key} must be a text")
        if self.name:
            _check_label("brand.name", self.name)
        if self.url and (not _URL.fullmatch(self.url) or len(self.url) > MAX_URL):
            raise ValueError(
                f"brand.url is {self.url!r}: an address such as https://example.com, at most"
                f" {MAX_URL} characters"
            )
        if self.color and not _COLOR.fullmatch(self.color):
            raise ValueError(f"brand.color is {self.color!r}: six hexadecimal digits as #1a56db")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSettings:
    """The part of `configuration.json` that concerns all targets.

    Raises:
        ValueError, TypeError: a value has a wrong format; the error names it.
    """

    brand: Brand = field(default_factory=Brand)
    default_locale: str = DEFAULT_LOCALE  #: BCP 47; the language where nothing else decides
    #: The names of categories for recipients: by category, then by locale.
    category_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    allow_list: tuple[str, ...] = ()  #: the addresses that a template's test send may have

    def __post_init__(self) -> None:
        _check_locale("default_locale", self.default_locale)
        for category, labels in self.category_labels.items():
            _check_labels(category, labels)
        if not isinstance(self.allow_list, list | tuple):
            raise TypeError("allow_list must be a list of addresses")
        object.__setattr__(self, "allow_list", tuple(self.allow_list))
        if len(self.allow_list) > MAX_ALLOWED:
            raise ValueError(f"allow_list may have at most {MAX_ALLOWED} addresses")
        if not all(isinstance(address, str) and address.strip() for address in self.allow_list):
            raise TypeError("allow_list must be a list of addresses")

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Return the settings from a dictionary as `to_dict` returns it.

        A missing field has its default, and an unknown field, which a newer version has stored, is
        ignored.
        """
        known = {key: value for key, value in fields.items() if key in cls.__slots__}
        brand = known.pop("brand", {})
        known_brand = {key: value for key, value in brand.items() if key in Brand.__slots__}
        return cls(brand=Brand(**known_brand), **known)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON can store them, without those that have their defaults.

        Each module stores them, and the dispatcher reads every module at each tick.
        """
        default = asdict(type(self)())
        fields = {key: value for key, value in asdict(self).items() if value != default[key]}
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()
        }

    def allows(self, address: str) -> bool:
        """Whether a test send may have this address."""
        allowed = {normalised_address(entry) for entry in self.allow_list}
        return normalised_address(address) in allowed

    def label_of(self, category: str, locale: str) -> str:
        """Return the name of a category in a language, or in the default one, or the category."""
        labels = self.category_labels.get(category, {})
        for wanted in (locale, self.default_locale, DEFAULT_LOCALE):
            available = lookup(wanted, labels)
            if available is not None:
                return labels[available]
        return category


def _check_labels(category: str, labels: Mapping[str, str]) -> None:
    try:
        check_category(category)
    except InvalidInput as error:
        raise ValueError(f"the category {category!r} {error}") from error
    if not isinstance(labels, Mapping):
        raise TypeError(f'labels of {category} must be an object such as {{"en": "News"}}')
    for locale, label in labels.items():
        _check_locale(f"a key of labels of {category}", locale)
        _check_label(f"labels.{locale} of {category}", label)


def _check_label(name: str, text: object) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must be a text that is not blank")
    if len(text) > MAX_NAME or not is_one_line(text):
        raise ValueError(f"{name} must be one line of at most {MAX_NAME} characters")


def _check_locale(name: str, tag: object) -> None:
    if not isinstance(tag, str):
        raise TypeError(f"{name} must be a text such as en or de-AT")
    try:
        canonical(tag)
    except ValueError as error:
        raise ValueError(f"{name} is {tag!r}, which {error}") from error
