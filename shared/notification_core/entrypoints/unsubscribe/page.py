"""The page behind an unsubscribe link, in the recipient's language.

It needs no script, loads no resources and sends no referrer. It names the brand and the category,
but not the user.
"""

import base64
import hashlib
import html
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from notification_content.locales import is_right_to_left
from notification_content.translations import texts_in
from notification_core.domain.deployment import DeploymentSettings
from notification_core.entrypoints.public_http import Answer, response

#: The colour of the button without a brand's colour.
ACCENT = "#1a56db"

_STYLE = """\
:root { color-scheme: light dark; --ground: #f4f4f6; --card: #fff; --text: #1b1b1f;
        --quiet: #5c5c66; --line: #d9d9e0; --accent: ACCENT; --on-accent: ON }
@media (prefers-color-scheme: dark) {
  :root { --ground: #111113; --card: #1c1c20; --text: #e7e7ea; --quiet: #a6a6b0; --line: #3f3f46 }
}
* { box-sizing: border-box }
body { margin: 0; padding: 1.25rem; min-height: 100vh; display: grid; place-items: center;
       font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
       color: var(--text); background: var(--ground) }
main { width: 100%; max-width: 30rem; padding: 2rem; overflow-wrap: anywhere;
       background: var(--card); border: 1px solid var(--line);
       border-top: 4px solid var(--accent); border-radius: .75rem }
.brand { margin: 0 0 1.5rem; font-weight: 600; color: var(--quiet) }
.brand a { color: inherit; text-decoration: none }
.brand a:hover { text-decoration: underline }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25 }
p { margin: 0 0 1.5rem }
p:last-child, form { margin: 0 }
.undo { padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--quiet) }
.undo p { margin: 0 0 .75rem }
button { min-height: 2.75rem; padding: .5rem 1.5rem; font: inherit; font-weight: 600;
         border: 2px solid var(--accent); border-radius: .5rem; cursor: pointer;
         color: var(--on-accent); background: var(--accent) }
.undo button { color: var(--text); background: transparent; border-color: var(--quiet) }
button:hover { filter: brightness(1.08) }
button:focus-visible, a:focus-visible { outline: 3px solid var(--text); outline-offset: 2px }
"""

_PAGE = """\
<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main>
{brand}<h1>{title}</h1>
<p>{text}</p>
{form}</main></body>
</html>
"""

_ASK = """\
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">{button}</button>
</form>
"""

_UNDO = """\
<form method="post" class="undo">
<p>{question}</p>
<input type="hidden" name="action" value="resubscribe">
<button type="submit">{button}</button>
</form>
"""


class Form(StrEnum):
    """The button on a page."""

    NONE = ""
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page knows about its reader."""

    language: str  #: one that `translations.translated_language` has returned
    deployment: DeploymentSettings = field(default_factory=DeploymentSettings)
    category: str = ""

    def page(self, status: HTTPStatus, name: str, form: Form = Form.NONE) -> Answer:
        """Return the page whose texts in `translations.json` begin with a name."""
        style = self._style()
        page = _PAGE.format(
            language=self.language,
            direction="rtl" if is_right_to_left(self.language) else "ltr",
            title=html.escape(texts_in(self.language)[f"{name}_title"]),
            style=style,
            brand=self._brand(),
            text=self._text(name),
            form=self._form(form),
        )
        return response(
            status,
            page,
            "text/html; charset=utf-8",
            Content_Language=self.language,
            Content_Security_Policy=_policy(style),
            Referrer_Policy="no-referrer",
            X_Content_Type_Options="nosniff",
        )

    def _text(self, name: str) -> str:
        texts, brand = texts_in(self.language), self.deployment.brand.name
        text = texts.get(f"{name}_brand", texts[name]) if brand else texts[name]
        label = self.deployment.label_of(self.category, self.language)
        return html.escape(text).format(
            brand=f"<bdi>{html.escape(brand)}</bdi>",
            category=f"<b><bdi>{html.escape(label)}</bdi></b>",
        )

    def _brand(self) -> str:
        brand = self.deployment.brand
        if not brand.name:
            return ""
        name = f"<bdi>{html.escape(brand.name)}</bdi>"
        if brand.url:
            name = f'<a href="{html.escape(brand.url)}">{name}</a>'
        return f'<p class="brand">{name}</p>\n'

    def _form(self, form: Form) -> str:
        texts = texts_in(self.language)
        match form:
            case Form.UNSUBSCRIBE:
                return _ASK.format(button=html.escape(texts["unsubscribe"]))
            case Form.UNDO:
                question, button = html.escape(texts["mistake"]), html.escape(texts["undo"])
                return _UNDO.format(question=question, button=button)
            case Form.NONE:
                return ""

    def _style(self) -> str:
        accent = self.deployment.brand.color or ACCENT
        return _STYLE.replace("ACCENT", accent).replace("ON", _readable_on(accent))


def _policy(style: str) -> str:
    """Return a policy that allows this style sheet alone."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _readable_on(color: str) -> str:
    """Return black or white, whichever has more contrast on a colour (WCAG 2.2)."""
    red, green, blue = (_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # The contrast with black is larger above the geometric mean of the two luminances.
    return "#000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#fff"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
