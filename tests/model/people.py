"""What callers, users and administrators do, and what they may rely on when they are answered."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.errors import NotificationError, StillSending, Unavailable
from notification_core.domain.jobs import JobState
from notification_core.usecases.administration.addresses import (
    add_record,
    change_record,
    remove_record,
)
from notification_core.usecases.administration.pause import pause_target, resume_target
from notification_core.usecases.administration.user_settings import set_user_settings
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.consent.replies import reply
from notification_core.usecases.privacy.erasure import erase
from notification_core.usecases.sending import cancel, change, redrive
from notification_core.usecases.sending.changed_content import Changes
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import ScheduleResult, schedule
from tests.model.choices import END
from tests.model.ledger import Violated
from tests.model.scene import Scene
from tests.model.stepper import Actor
from tests.model.templates import text_of
from tests.model.worlds import MODULE, TARGET, USER

CALLERS = ["caller", "another caller"]


class People(Scene):
    """A scene with people in it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._answered: dict[tuple[str, str], set[str]] = {}  # ids, by caller and key
        self._owners: dict[str, str] = {}  # who was answered which id
        self._repeated: set[str] = set()  # text messages that were heard
        self._promised: list[tuple[list[str], Callable[[], None]]] = []  # when jobs are done

    def create(self, draft: Draft, *, caller: str = CALLERS[0], **how: Any) -> Actor:
        """Accept a request; what is answered is what stands, and a refusal stores nothing."""

        def answered(actor: Actor) -> None:
            stored = self.ledger.created_by[actor]
            if isinstance(actor.result, ScheduleResult):
                # A repeated request is answered with what was changed since.
                if self.ledger.changed.isdisjoint(each.id for each in actor.result.notifications):
                    self._see_what_stands(draft, actor.result, stored)
                self._see_whose_it_is(caller, draft.idempotency_key, actor.result)
            elif _is_refusal(actor.error) and stored:
                raise Violated(f"{actor.error!r} was answered, and {stored} stored")

        work = partial(schedule, self.ports, caller, draft)
        return self.start("create", work, answered, about=caller, **how)

    def _see_what_stands(self, draft: Draft, answer: ScheduleResult, stored: list[str]) -> None:
        ids = [each.id for each in answer.notifications]
        texts = {each.content.body for each in answer.notifications}
        asked = {draft.body or text_of(each.content) for each in answer.notifications}
        if texts != asked:
            raise Violated(f"{asked} was asked for, and {texts} answered")
        if stored and ids[0] in stored and not answer.created:
            raise Violated(f"{ids} were answered to have stood before, and were stored just now")
        for each in answer.notifications:
            standing = self.ledger.standing.get(each.id)
            if standing is None and each.id not in self.ledger.removed:
                raise Violated(f"{each.id} was answered and is not stored")
            if standing is not None:
                [stored_content] = self.real.contents.load([standing.content])
                answered = replace(each.content, key=standing.content.key)
                if answered.template is not None:  # its texts are not stored
                    answered = replace(answered, title="", body="")
                if stored_content != answered:
                    raise Violated(f"{each.content} was answered, and {stored_content} is stored")

    def _see_whose_it_is(self, caller: str, key: str | None, answer: ScheduleResult) -> None:
        """What was answered stands in each later answer; there may be more of it by then.

        Of two that are under way at once, one may leave out an address that was just removed.
        """
        ids = {each.id for each in answer.notifications}
        before = self._answered.get((caller, key), ids) if key else ids
        if not before <= ids and not self.ledger.removed:
            raise Violated(f"{ids} was answered to {key}, and {before} before")
        if key:
            self._answered[caller, key] = ids
        for each in ids:
            if self._owners.setdefault(each, caller) != caller:
                raise Violated(f"{each} was answered to two callers")

    def cancel(self, notification_id: str, **how: Any) -> Actor:
        """Take one back."""

        def answered(actor: Actor) -> None:
            if actor.result and actor.result[0] is cancel.CancelResult.CANCELLED:
                self.ledger.promises.cancelled.add(notification_id)

        work = partial(cancel.cancel, self.ports, notification_id)
        return self.start("cancel", work, answered, **how)

    def set_settings(self, **how: Any) -> Actor:
        """Store the user's settings."""
        settings = {"locale": "de-AT", "time_zone": "Europe/Vienna"}
        return self.start(
            "settings", partial(set_user_settings, self.ports, USER, **settings), **how
        )

    def patch(self, notification_id: str, changes: Changes, **how: Any) -> Actor:
        """Change one; the answer says whether this very request was carried out."""

        def answered(actor: Actor) -> None:
            if actor.result is None:
                return
            result, written = actor.result[0], self.ledger.changed_by[actor]
            # Of two equal changes in one millisecond, each counts as the one that was stored.
            twin = any(
                other is not None and other.about == changes and notification_id in ids
                for other, ids in self.ledger.changed_by.items()
            )
            if (result is change.ChangeResult.CHANGED) != bool(written) and not twin:
                raise Violated(f"{result} was answered, and {len(written)} changes were stored")
            if len(written) > 1:
                raise Violated(f"one request changed {notification_id} {len(written)} times")

        work = partial(change.change_notification, self.ports, notification_id, changes)
        return self.start("patch", work, answered, about=changes, **how)

    def say(self, *scopes: str, active: bool = True, **how: Any) -> Actor:
        """Let the user say no, or yes again, over the API."""
        work = partial(
            record_consent,
            self.ports,
            USER,
            scopes,
            active=active,
            source=ConsentSource.API,
            evidence="caller",
        )
        return self._hear(work, scopes, active=active, **how)

    def reply(
        self, address: str, scope: str, *, active: bool = True, evidence: str = "SM1", **how: Any
    ) -> Actor:
        """Let whoever has an address answer with STOP, or with START."""
        work = partial(reply, self.ports, MODULE, address, active=active, evidence=evidence)
        if evidence in self._repeated:  # it may be over, and changes nothing
            return self.start("opt-out", work, **how)
        self._repeated.add(evidence)
        return self._hear(work, [scope], active=active, **how)

    def _hear(self, work: Any, scopes: Sequence[str], *, active: bool, **how: Any) -> Actor:
        promises = self.ledger.promises
        stopped = promises.that_a_no_stops(USER, scopes) if active else set[str]()
        waited = {each for each in stopped if self.ledger.standing[each].is_waiting}
        see = self.see_it_is_written_down(scopes)

        def answered(actor: Actor) -> None:
            # A reply is nobody's where nobody has its address any more.
            heard = not actor.killed and actor.error is None and actor.result != 0
            if not heard or not active:
                return
            see()
            self._promised.append((self.ledger.opt_out_jobs[actor], acknowledged))
            self.see_what_is_promised()

        def acknowledged() -> None:
            for each in waited & {*self.ledger.standing} - self.ledger.removed:
                if self.ledger.standing[each].is_waiting:
                    raise Violated(f"a no was acknowledged, and {each} still waits")
            promises.silence(USER, scopes)
            still = {*self.ledger.standing} - self.ledger.removed - promises.recategorised
            promises.stopped |= stopped & still

        until = how.pop("until", END)
        actor = self.start("opt-out", work, answered, until=None, **how)
        if not active:
            promises.yeses.append(actor)
        return self.let(actor, until)

    def see_what_is_promised(self) -> None:
        """What an opt-out left to jobs is promised from their end on."""
        promised, self._promised = self._promised, []
        for jobs, acknowledged in promised:
            states = {job.state for each in jobs if (job := self.real.jobs.get(each))}
            if states <= {JobState.DONE}:
                acknowledged()
            else:
                self._promised.append((jobs, acknowledged))

    def see_it_is_written_down(self, scopes: Sequence[str]) -> Callable[[], None]:
        """Return what looks, once a no is acknowledged, whether it is in the ledger.

        It raises Violated where it is not, and nobody has said yes beside it or since.
        """
        promises = self.ledger.promises
        silent, yeses = promises.is_silent(), len(promises.yeses)

        def see() -> None:
            standing = promises.scopes_of(USER)
            missing = set() if EVERYTHING in standing else {*scopes} - standing
            erased = USER in self.ledger.erased  # its ledger goes with it
            if missing and silent and len(promises.yeses) == yeses and not erased:
                raise Violated(f"a no to {missing} was acknowledged and is not written down")

        return see

    def redrive(self, ids: list[str], *, include_uncertain: bool, **how: Any) -> Actor:
        """Have what failed tried again."""
        asked = redrive.Redrive(ids=ids, include_uncertain=include_uncertain)
        return self.start("redrive", partial(redrive.redrive, self.ports, asked), **how)

    def erase(self, **how: Any) -> Actor:
        """Have the user erased."""
        self.ledger.erased.add(USER)
        return self.start("erasure", partial(erase, self.ports, USER), **how)

    def register(self, address: str, **how: Any) -> Actor:
        """Add an address of the user's."""
        work = partial(add_record, self.ports, user=USER, target=TARGET, target_user_id=address)
        return self.start("register", work, **how)

    def change(self, record: str, do: str) -> None:
        """Switch a record off or on, or remove it."""
        with suppress(NotificationError):
            if do == "remove":
                remove_record(self.ports, record)
            else:
                change_record(self.ports, record, active=do == "on")

    def pause(self, *, paused: bool) -> None:
        """Pause the target, or resume it."""
        (pause_target if paused else resume_target)(self.ports, TARGET)


def _is_refusal(error: BaseException | None) -> bool:
    """Whether it was answered with a 4xx."""
    again = isinstance(error, Unavailable | StillSending)
    return isinstance(error, NotificationError) and not again
