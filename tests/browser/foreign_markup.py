"""Opens pages in Chromium, and prints as JSON what runs or appears in them that they may not have.

    python tests/browser/foreign_markup.py CHROMIUM SESSION < addresses.json

It is run by the interpreter of the environment `browser`. The texts in the pages call `x()` if they
become scripts. SESSION is the cookie of a session.
"""

import json
import sys
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

#: Runs before the page, which has no scripts of its own that define these names.
TRAP = "window.ran = []; window.x = () => window.ran.push('x')"

#: Returns what the texts have made of the page.
FOREIGN = """() => [
  ...window.ran.map(() => "a script of a text ran"),
  ...[...document.querySelectorAll("*")].flatMap((element) => [
    ...element.getAttributeNames().filter((name) => /^on|^style$/.test(name)),
    ...["img", "svg", "object", "embed", "base"].filter((tag) => element.matches(tag)),
    ...(element.matches("script:not([src])") ? ["inline script"] : []),
    ...["href", "src", "action", "formaction"].filter(
      (name) => /^\\s*(javascript|vbscript|data:text)/i.test(element.getAttribute(name) || ""),
    ),
  ]).map((found) => `foreign markup: ${found}`),
]"""


def problems_of(browser: Browser, session: str, addresses: list[str]) -> Iterator[str]:
    """Yield what is wrong with each page."""
    context = browser.new_context()
    context.add_init_script(TRAP)
    context.add_cookies([{"name": "console_session", "value": session, "url": addresses[0]}])
    page = context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("dialog", lambda dialog: messages.append(f"a dialog: {dialog.message}"))
    for address in addresses:
        page.goto(address)
        if page.locator("main h1").count() != 1:
            yield f"{address}: not a page of the console"
        # Links and controls are what a person would follow or press.
        page.evaluate("document.querySelectorAll('[autofocus]').forEach((one) => one.focus())")
        yield from (f"{address}: {found}" for found in page.evaluate(FOREIGN))
    for text in messages:
        # The frame of a message blocks its images, as it should.
        is_blocked_image = "Loading the image" in text and '"img-src data:"' in text
        if ("Content Security Policy" in text and not is_blocked_image) or "dialog" in text:
            yield text
    context.close()


def main(chromium: str, session: str) -> None:
    """Print the problems."""
    addresses = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        problems = list(problems_of(browser, session, addresses))
        browser.close()
    print(json.dumps(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
