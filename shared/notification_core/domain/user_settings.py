"""A user's settings: the language and the time zone of their notifications."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from notification_content.locales import canonical
from notification_core.domain.addresses import MAX_USER, check_text
from notification_core.domain.errors import InvalidInput

MAX_LOCALE = 64  #: characters
MAX_ZONE = 64  #: characters

#: Names that `ZoneInfo` finds on some machines, and that are not in the IANA database.
_OF_THE_MACHINE = ("localtime", "posixrules", "posix/", "right/")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """The settings of one user; a setting that was never set is None."""

    user: str
    locale: str | None = None  #: a language tag in its canonical form, such as `de-AT`
    time_zone: str | None = None  #: an IANA name, such as `Europe/Vienna`

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is set, so that nothing needs to be stored."""
        return self.locale is None and self.time_zone is None


def checked_locale(tag: str) -> str:
    """Return a language tag in its canonical form: `de-AT` for `DE-at`.

    Raises:
        InvalidInput: it is not a well-formed language tag.
    """
    rejection = InvalidInput.of("locale", "must be a language tag of BCP 47, such as de or de-AT")
    if len(tag) > MAX_LOCALE:
        raise rejection
    try:
        return canonical(tag)
    except ValueError as error:
        raise rejection from error


def check_time_zone(name: str) -> None:
    """Check that a time zone exists.

    The database is that of the machine or, because Lambda's runtimes need not have one, the package
    tzdata of the layer.

    Raises:
        InvalidInput: there is no time zone with this name.
    """
    rejection = InvalidInput.of(
        "time_zone", "must be a time zone of the IANA database, such as Europe/Vienna"
    )
    if len(name) > MAX_ZONE or name.startswith(_OF_THE_MACHINE):
        raise rejection
    try:
        ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:  # OSError: the name of a folder
        raise rejection from error
