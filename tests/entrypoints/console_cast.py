"""A world in which every field that somebody else can fill holds the same text."""

from dataclasses import dataclass, replace
from html import escape
from typing import Any

from notification_content.templates.document import TemplateDocument
from notification_core.domain.addresses import Deactivation, Target, TargetUserRecord
from notification_core.domain.audit import AuditAction
from notification_core.domain.consent import ConsentSource
from notification_core.domain.console_sessions import Role
from notification_core.domain.content import Content
from notification_core.domain.failures import Rejected
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.modules import Pause, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.templates import Publication
from notification_core.usecases.administration.templates import put_version
from notification_core.usecases.console.auditing import audited
from tests.builders import NOON, World, a_record, a_target, an_entry, an_opt_out
from tests.console_world import Browser, ConsoleWorld, opened
from tests.usecases.steps import claimed, stored


@dataclass
class Cast:
    """What the pages show."""

    site: ConsoleWorld
    target: Target
    record: TargetUserRecord
    failed: Notification
    waiting: Notification
    job: Job

    def pages(self) -> list[tuple[str, dict[str, str]]]:
        """Every page, with its query."""
        return [
            ("/", {}),
            ("/find", {"q": self.failed.user}),
            ("/find", {"q": self.record.target_user_id}),
            (f"/notifications/{self.failed.id}", {}),
            (f"/notifications/{self.waiting.id}", {}),
            ("/user", {"of": self.failed.id}),
            ("/failed", {"hours": "24"}),
            ("/failed/group", {"target": self.target.id, "code": _code(self.failed)}),
            ("/targets", {}),
            ("/jobs", {}),
            (f"/jobs/{self.job.id}", {}),
            ("/templates", {}),
            *((f"/templates/order{page}", {}) for page in ("", "/edit", "/preview", "/diff")),
            ("/audit", {}),
        ]

    def read_all(self, browser: Browser) -> dict[str, str]:
        """The body of every page that the browser's person may open."""
        opened_pages = {
            f"{path} {query}": browser.get(path, **query) for path, query in self.pages()
        }
        assert all(page.status in {200, 403} for page in opened_pages.values()), opened_pages
        return {name: page.body for name, page in opened_pages.items()}


def _code(notification: Notification) -> str:
    assert notification.last_error is not None
    return notification.last_error.code


def cast(world: World, text: str, user: str | None = None) -> Cast:
    """Fill every field with a text that fits into the shortest of them."""
    target = a_target(name=text)
    world.targets.add(target)
    record: TargetUserRecord = a_record(
        user=user or text,
        target=target.id,
        target_user_id=f"{text}@example.org",
        description=text,
        active=False,
        deactivation=Deactivation(text, text, NOON),
    )
    world.records.add(record)
    common: dict[str, Any] = {
        "user": user or text,
        "target": target.id,
        "target_user_record": record.id,
        "category": "news",  # letters, digits and a few signs only
        "reference": text,
        "content": Content(title=text, body=f"{text} in a body", extra={text: text}),
    }
    ended = claimed(world, stored(world, **common)).failed(NOON, Rejected(text, text))
    ended = replace(ended, provider_message_id=text)
    world.notifications.stored[ended.id] = ended
    waiting = stored(world, **common)
    entry = an_entry(scope="category:news", source=ConsentSource.REPLY, evidence=text)
    world.opt_outs.put(replace(an_opt_out(user=user or text), entries=(entry,)))
    world.modules.pause("pigeon", Pause(by=PausedBy.PERSON, reason=text, code=text, since=NOON))
    job = Job(
        id="job-1",
        kind=JobKind.REDRIVE,
        parameters={"ids": None, "target": text, "error_code": text},
        counts={text: 3},
        error=text,
        created_at=NOON,
        updated_at=NOON,
    )
    world.jobs.put(job)
    _store_template(world, text)
    site = ConsoleWorld(world)
    session = opened(site.ports, Role.ADMIN, username=text).session
    for subject in (f"user {text}", f"notification {text}"):
        with audited(site.ports, session, AuditAction.CANCEL, subject, text) as change:
            change.outcome, change.job = text, text
    return Cast(site, target, record, ended, waiting, job)


def _store_template(world: World, text: str) -> None:
    """Store two versions of a template; one whose text is no valid template is a draft."""
    parts = {
        "email": {"subject": text, "html": f"<p>{escape(text)}</p>", "from_name": text},
        "sms": {"body": text},
        "push": {"title": text, "body": "{{ word }}", "extra": {text: text}},
    }
    for number in (1, 2):
        document = TemplateDocument.of(
            {
                "default_locale": "en",
                "schema": {
                    "type": "object",
                    "title": text,
                    "properties": {"word": {"type": "string"}},
                },
                "content": {"en": {**parts, f"fax-{number}": {"body": text}}},
                "examples": [{"word": text}],
            }
        )
        put_version(world.ports, "order", document, author=text, note=text)
    before = world.templates.heads(["order"])["order"]
    publication = Publication(version=1, author=text, note=text, at=NOON)
    assert world.templates.publish(before, before.with_publication(publication, text))
