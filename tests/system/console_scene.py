"""Data in which each field that somebody else can fill holds markup, and texts to be masked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests
from twilio.request_validator import RequestValidator

from notification_core.providers.mail.ses import ATTEMPT_TAG, NOTIFICATION_TAG
from tests.console_forms import Subjects, valid_forms
from tests.system.conftest import System, wait_for

#: The user of a recipient who is known by an address only, and texts that only they should read.
SECRETS = ("wednesday-title", "wednesday-body", "wednesday-extra", "wednesday-data")


def markup(field: str) -> str:
    """Return a text that leaves each context of HTML, and names its field."""
    return (
        f"'\"><i evil={field} onx=evil()></textarea></title></pre></script>"
        f"<script>evil()</script><a href=javascript:evil()>{field}"
    )


@dataclass(frozen=True)
class Scene:
    """What is stored: ids, and the texts that no page may show to most people."""

    target: str
    user: str  #: holds markup
    person: str  #: an address
    inactive: str  #: an inactive address of the user
    failed: str
    bounced: str
    waiting: str
    html: str  #: a notification whose body is HTML
    of_person: str  #: one whose user is an address
    job: str
    template: str
    code: str
    secrets: tuple[str, ...]

    def pages(self) -> Iterator[str]:
        """Yield the address of each page, with its query."""
        user, template = quote(self.user, safe=""), f"/templates/{self.template}"
        yield from ("", "/failed?hours=1", "/targets", "/jobs", "/templates", "/audit")
        for notification in (self.failed, self.bounced, self.waiting, self.html, self.of_person):
            yield f"/notifications/{notification}"
            yield f"/user?of={notification}"
        yield f"/notifications/{self.html}/body"
        yield f"/user?id={user}"
        yield f"/find?q={user}"
        yield f"/find?q={quote(markup('reference'), safe='')}"
        yield f"/failed/group?target={self.target}&code={quote(self.code, safe='')}&hours=1"
        yield f"/jobs/{self.job}"
        yield from (f"{template}{page}" for page in ("", "/edit", "/preview", "/diff"))
        yield f"{template}/message?locale=en"
        yield f"/new-template?name={self.template}-new"

    def forms(self, system: System) -> dict[str, tuple[str, dict[str, str]]]:
        """Return the path and the fields of a valid form for each change."""
        return valid_forms(
            Subjects(
                waiting=self.waiting,
                failed=self.failed,
                target=system.target("Expo")["id"],
                paused=system.target("Twilio")["id"],
                user=self.user,
                inactive=self.inactive,
                code=self.code,
                failed_target=self.target,
                template=self.template,
                latest="2",
                deliver_before=f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M}",
                email=system.target("Email")["id"],
                address="team@example.com",
            )
        )

    def remove(self, system: System) -> None:
        """Remove what another test would notice: the target, and the pauses."""
        for name in ("Twilio", "Expo"):
            system.api("POST", f"/targets/{system.target(name)['id']}/resume")
        for record in system.api.listed("/target-user-records", user=self.user):
            system.api("DELETE", f"/target-user-records/{record['id']}")
        # An erasure may still remove the addresses, which the target has to wait for.
        wait_for(lambda: system.api("DELETE", f"/targets/{self.target}").status in {204, 404})


def make_scene(system: System) -> Scene:
    """Create the data."""
    unique, api = uuid4().hex[:8], system.api
    user, person = f"{markup('user')}{unique}", f"wednesday-{unique}@secret.example"
    target = api(
        "POST",
        "/targets",
        {"name": f"{markup('target')}{unique}", "notification_module_name": "email"},
    ).body["id"]
    addresses = [
        ("Email", f"http-400-'&{{x}}`-{unique}@secret.example"),
        (target, f"silent-{unique}-long@secret.example"),
        ("Expo", f"ExponentPushToken[http-400-'\"><i/evil=token>-{unique}]"),
    ]
    for name, address in addresses:
        body = {"user": user, "target": name, "target_user_id": address}
        answer = api("POST", "/target-user-records", body | {"description": markup("description")})
        assert answer.status == 201, answer
    system.register(person, "Email", person)
    template = _make_template(system, unique)
    fields: dict[str, Any] = {
        "user": user,
        "reference": markup("reference"),
        "title": f"wednesday-title {markup('title')}",
        "body": f"wednesday-body {markup('body')}",
    }
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    [failed, bounced, pushed] = _by_target(
        system, target, system.notify(**fields, html_to_text=True)
    )
    [waiting] = system.notify(**fields, targets=["Email"], scheduled_delivery=later)
    [html] = system.notify(
        **fields | {"user": person, "body": _HTML},
        extra={"from_name": "wednesday-extra"},
        scheduled_delivery=later,
    )
    of_person = _from_template(system, person, template, later)
    system.ended(failed)
    system.gone(pushed)
    system.gone(bounced)
    _bounce(system, system.read(bounced))
    _stop(system, user, unique)
    api("POST", f"/targets/{system.target('Twilio')['id']}/pause", {"reason": markup("pause")})
    job = api(
        "POST",
        "/notifications/redrive",
        {"error_code": markup("job")[:64], "target": target, "dry_run": True},
    ).body["id"]
    wait_for(lambda: system.api("GET", f"/jobs/{job}").body["state"] != "running")
    return Scene(
        target=target,
        user=user,
        person=person,
        inactive=_add_inactive(system, user, unique),
        failed=failed["id"],
        bounced=bounced["id"],
        waiting=waiting["id"],
        html=html["id"],
        of_person=of_person,
        job=job,
        template=template,
        code=system.read(bounced)["last_error"]["code"],
        secrets=(person, *(address for _, address in addresses), *SECRETS),
    )


#: HTML that a caller sends: what its own policy and the sandbox must stop.
_HTML = (
    "<p>wednesday-body</p><script>evil()</script><img src=https://tracker.example/x.png>"
    "<form action=https://tracker.example><button>x</button></form>"
    "<a href=javascript:evil()>x</a><meta http-equiv=refresh content='0;url=https://x.example'>"
)


def _add_inactive(system: System, user: str, unique: str) -> str:
    """Add an inactive address; return its id."""
    body = {"user": user, "target": "Email", "target_user_id": f"off-{unique}@secret.example"}
    answer = system.api("POST", "/target-user-records", body | {"active": False})
    assert answer.status == 201, answer
    return str(answer.body["id"])


def _by_target(system: System, target: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the notifications by e-mail, by the scene's own target, and by push."""
    order = [system.target("Email")["id"], target, system.target("Expo")["id"]]
    return sorted(items, key=lambda item: order.index(item["target"]))


def _make_template(system: System, unique: str) -> str:
    name, parts = f"scene-{unique}", {"subject": "x", "html": "<p>{{ word }}</p>"}
    for number in (1, 2):
        document = {
            "default_locale": "en",
            "category": "security",
            "schema": {
                "type": "object",
                "title": markup("schema"),
                "properties": {"word": {"type": "string"}},
                "required": ["word"],
            },
            "examples": [{"word": f"{markup('example')}{number}"}],
            "content": {"en": {"email": parts, "sms": {"body": f"{markup('sms')}{number}"}}},
        }
        body = document | {"note": markup("note")}
        answer = system.api("PUT", f"/templates/{name}", body)
        assert answer.status in {200, 201}, answer
    published = system.api(
        "POST", f"/templates/{name}/publish", {"version": 1, "note": markup("publication")}
    )
    assert published.status == 200, published
    return name


def _from_template(system: System, user: str, template: str, later: str) -> str:
    """Create a notification from the template; return its id."""
    request = {
        "user": user,
        "template": template,
        "data": {"word": "wednesday-data"},
        "scheduled_delivery": later,
    }
    answer = system.api("POST", "/notifications", request)
    assert answer.status == 201, answer
    return str(answer.body["items"][0]["id"])


def _bounce(system: System, sent: dict[str, Any]) -> None:
    """Report a bounce whose code and text hold markup, as SES would."""
    detail = {
        "eventType": "Bounce",
        "mail": {
            "messageId": sent["provider_message_id"],
            "tags": {NOTIFICATION_TAG: [sent["id"]], ATTEMPT_TAG: ["1"]},
        },
        "bounce": {
            "bounceType": markup("code")[:50],
            "bouncedRecipients": [{"diagnosticCode": markup("diagnostic")}],
        },
    }
    record = {"messageId": "1", "body": json.dumps({"detail": detail})}
    system.invoke("MailEvents", {"Records": [record]})
    assert "evil=code" in system.read(sent)["last_error"]["code"], system.read(sent)


def _stop(system: System, user: str, unique: str) -> None:
    """Reply STOP by an SMS whose id holds markup, as somebody who knows Twilio's token could."""
    number = f"+1555{int(unique, 16) % 10**7:07}"
    system.register(user, "Twilio", number)
    url = system.access["outputs"]["TwilioMessagesUrl"]
    form = {"From": number, "Body": "STOP", "MessageSid": markup("evidence")}
    token = system.secret("twilio")["auth_token"]
    signature = RequestValidator(token).compute_signature(url, form)
    headers = {"X-Twilio-Signature": signature}
    answer = requests.post(url, data=form, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
