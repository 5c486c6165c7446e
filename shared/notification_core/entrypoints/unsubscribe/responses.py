"""Responds to a request for an unsubscribe link.

RFC 8058: a POST must work without cookies or a login, and a GET must not unsubscribe, because link
scanners follow links.
"""

from http import HTTPStatus

from notification_content.translations import translated_language
from notification_core.domain.consent_scopes import category_scope
from notification_core.domain.deployment import DeploymentSettings
from notification_core.entrypoints.public_http import Answer, Request
from notification_core.entrypoints.unsubscribe.handler import InvalidToken, Subscription, unseal
from notification_core.entrypoints.unsubscribe.page import Form, View
from notification_core.runtime.observability import logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.consent.unsubscribe import record_unsubscribe, undo_unsubscribe

#: Bytes of the header that are read; browsers send less than a hundred.
_LONGEST_HEADER = 512


def respond(request: Request) -> Answer:
    """Show the page, record the opt-out, or undo it; a HEAD is answered as a GET without a body.

    Raises:
        StillSending: the opt-out is stored, but a message may still be sent.
    """
    answer = _respond(request)
    return answer | {"body": ""} if request.method == "HEAD" else answer


def respond_to_failure(request: Request, status: HTTPStatus) -> Answer:
    """Ask the reader to try again, without anything that may have failed."""
    view = View(language=translated_language(*accepted_languages(request)))
    return view.page(status, "busy", _form_of(request))


def _respond(request: Request) -> Answer:
    try:
        subscription = unseal(request.parameter("token"))
    except InvalidToken:
        deployment = _deployment()
        view = View(language=_language(request, deployment), deployment=deployment)
        return view.page(HTTPStatus.FORBIDDEN, "invalid")
    view = _view(request, subscription)
    if request.method != "POST":
        return view.page(HTTPStatus.OK, "ask", Form.UNSUBSCRIBE)
    if _form_of(request) is Form.UNDO:
        undone = undo_unsubscribe(ports(), subscription.user, subscription.notification_id)
        _log("resubscribed" if undone else "not resubscribed", subscription)
        return view.page(HTTPStatus.OK, "undone" if undone else "unchanged")
    scopes = [category_scope(subscription.category)]
    can_undo = record_unsubscribe(ports(), subscription.user, scopes, subscription.notification_id)
    _log("unsubscribed", subscription)
    return view.page(HTTPStatus.OK, "done", Form.UNDO if can_undo else Form.NONE)


def _log(event: str, subscription: Subscription) -> None:
    logger.info(event, extra={"notification": subscription.notification_id})


def _form_of(request: Request) -> Form:
    """Return the button that was pressed. A mail program's one click always unsubscribes."""
    if request.method != "POST":
        return Form.NONE
    form = request.form()
    is_undo = form.first("action") == "resubscribe" and "List-Unsubscribe" not in form
    return Form.UNDO if is_undo else Form.UNSUBSCRIBE


def _view(request: Request, subscription: Subscription) -> View:
    deployment = _deployment()
    settings = ports().user_settings.get([subscription.user]).get(subscription.user)
    language = _language(request, deployment, settings.locale if settings else None)
    return View(language=language, deployment=deployment, category=subscription.category)


def _deployment() -> DeploymentSettings:
    """Return the settings that every module has."""
    modules = ports().modules.recent()
    return modules[0].deployment if modules else DeploymentSettings()


def _language(request: Request, deployment: DeploymentSettings, locale: str | None = None) -> str:
    """Return the language of the user's settings, of the browser, or of the deployment."""
    return translated_language(locale, *accepted_languages(request), deployment.default_locale)


def accepted_languages(request: Request) -> list[str]:
    """Return the tags of the header `Accept-Language`, the preferred ones first (RFC 9110)."""
    weighted: list[tuple[float, str]] = []
    for item in request.header("Accept-Language")[:_LONGEST_HEADER].split(","):
        tag, _, weight = item.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            weighted.append((-quality, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda entry: entry[0])]
