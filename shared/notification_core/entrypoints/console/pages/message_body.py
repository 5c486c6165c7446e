"""The body of a message as HTML, for the frame in the page of its notification."""

from notification_content.markup import is_html
from notification_core.domain.errors import NotFound
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages.notification import subject_of
from notification_core.entrypoints.console.responses import MESSAGE_POLICY, Response
from notification_core.usecases.queries.listing import get_notification


def show(call: Call) -> Response:
    """Return the HTML as it is. The policy permits no script, no form and no remote image.

    Raises:
        NotFound: it is not unmasked in this session, or it is not HTML.
    """
    notification_id = call.parameters["id"]
    if not call.session.unmasks(subject_of(notification_id), call.now):
        raise NotFound("the content is masked")
    content = get_notification(call.ports, notification_id).content
    if not is_html(content.body):
        raise NotFound("the content is not HTML")
    return Response(body=content.body, policy=MESSAGE_POLICY)
