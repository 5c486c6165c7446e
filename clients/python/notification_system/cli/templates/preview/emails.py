"""The e-mails that the preview shows in frames, as pages of their own."""

import hashlib
import re
from collections import OrderedDict
from threading import Lock

#: The pages that are kept: those of some twenty locales in both colours.
KEPT = 200

_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_LIGHT = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)

#: Media features that are always true and never true.
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


class Emails:
    """Keeps the latest e-mails by a hash of their HTML. Safe for threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def keep(self, page: str) -> str:
        """Keep an e-mail and return its path, which is the same for the same e-mail."""
        key = hashlib.sha256(page.encode()).hexdigest()[:32]
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > KEPT:
                self._pages.popitem(last=False)
        return f"/emails/{key}"

    def page(self, path: str, scheme: str) -> str | None:
        """Return an e-mail as a page in light or dark mode; None if it is not kept."""
        page = self._pages.get(path.removeprefix("/emails/"))
        return None if page is None else in_scheme(page, scheme)


def in_scheme(page: str, scheme: str) -> str:
    """Return an e-mail that a browser shows in light or dark mode, whatever its own mode is.

    Links open in a tab of their own.
    """
    dark = scheme == "dark"
    page = _DARK.sub(_ALWAYS if dark else _NEVER, page)
    page = _LIGHT.sub(_NEVER if dark else _ALWAYS, page)
    # Without a declaration of its own, mail programs show an e-mail on a light page.
    color_scheme = "dark" if dark and re.search(r"color-scheme", page) else "light"
    head = f'<base target="_blank"><style>:root{{color-scheme:{color_scheme} !important}}</style>'
    if match := _HEAD.search(page):
        return page[: match.end()] + head + page[match.end() :]
    return f"<head>{head}</head>{page}"
