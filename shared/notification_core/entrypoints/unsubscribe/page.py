"""The page behind an unsubscribe link: a button, and then the confirmation.

RFC 8058: a POST must work without cookies or a login, and a GET must not unsubscribe, because link
scanners follow links. The page names the category, but not the user.
"""

import html
from http import HTTPStatus

from notification_core.domain.consent_scopes import category_scope
from notification_core.entrypoints.public_http import Answer, Request, response
from notification_core.entrypoints.unsubscribe.handler import InvalidToken, Subscription, unseal
from notification_core.runtime.observability import logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.consent.suppression import record_unsubscribe

STYLE = """
  body { margin: 0; font: 1.1rem/1.6 system-ui, sans-serif; color: #1b1b1f; background: #f4f4f6 }
  main { box-sizing: border-box; width: min(30rem, 100% - 2rem); margin: 12vh auto;
         padding: 2.5rem; background: #fff; border-radius: .75rem; box-shadow: 0 1px 4px #0002 }
  h1 { margin-top: 0; font-size: 1.5rem; line-height: 1.3 }
  button { font: inherit; padding: .6rem 1.6rem; border: 0; border-radius: .4rem; color: #fff;
           background: #1a56db; cursor: pointer }
  button:focus-visible { outline: 3px solid #9bb8ff; outline-offset: 2px }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main>
<h1>{title}</h1>
{body}
</main></body>
</html>
"""

ASK = """<p>You will get no more messages about <b>{category}</b>.</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button>
</form>"""

DONE = "<p>You will get no more messages about <b>{category}</b>.</p>"

REFUSED = "<p>It may have been cut off on its way. Please open it from the message itself.</p>"


def respond(request: Request) -> Answer:
    """Show the page, or record the opt-out."""
    try:
        subscription = unseal(request.parameter("token"))
    except InvalidToken:
        return page(HTTPStatus.FORBIDDEN, "This link is not valid", REFUSED)
    category = html.escape(subscription.category)
    if request.method != "POST":
        return page(HTTPStatus.OK, "Unsubscribe?", ASK.format(category=category))
    unsubscribe(subscription)
    return page(HTTPStatus.OK, "You are unsubscribed", DONE.format(category=category))


def unsubscribe(subscription: Subscription) -> None:
    """Record the opt-out. After the call returns, no further messages are sent.

    Raises:
        StillSending: a message may still be sent.
    """
    scopes = [category_scope(subscription.category)]
    record_unsubscribe(ports(), subscription.user, scopes, subscription.notification_id)
    logger.info("unsubscribed", extra={"notification": subscription.notification_id})


def page(status: HTTPStatus, title: str, body: str) -> Answer:
    """Return a page that loads no resources and sends no referrer."""
    return response(
        status,
        PAGE.format(title=title, style=STYLE, body=body),
        "text/html; charset=utf-8",
        Content_Security_Policy=(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
            "frame-ancestors 'none'"
        ),
        Referrer_Policy="no-referrer",
        X_Content_Type_Options="nosniff",
    )
