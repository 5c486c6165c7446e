"""Puts use cases on the stage: people's, and those that nobody asks for."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from notification_core.domain.consent_scopes import narrowest_scope
from notification_core.domain.delivery import Complained, DeliveryReport, ReportContent
from notification_core.domain.due import WakeUp
from notification_core.domain.jobs import JobKind, JobState
from notification_core.ports import Ports
from notification_core.usecases.administration import jobs
from notification_core.usecases.consent import opt_out_job
from notification_core.usecases.privacy import erasure
from notification_core.usecases.sending import redrive
from notification_core.usecases.sending.confirm import handle_report
from notification_core.usecases.sending.dead_letters import DeadLetter, mark_dead_letter
from notification_core.usecases.sending.dispatch import dispatch
from tests.model import changes
from tests.model.ledger import Violated
from tests.model.people import People
from tests.model.provider import Call
from tests.model.stepper import Actor
from tests.model.worlds import MODULE, USER

STEPS: Mapping[JobKind, jobs.Step[Ports]] = {
    JobKind.REDRIVE: redrive.step,
    JobKind.ERASURE: erasure.step,
    JobKind.OPT_OUT: opt_out_job.step,
}


class Stage(People):
    """The whole system."""

    def dispatch(self, *, hasty: bool = False, **how: Any) -> Actor:
        """Run the dispatcher; a hasty one has time for one page of each shard."""

        def tick() -> None:
            dispatch(self.ports, lambda: hasty)
            jobs.wake_stalled(self.ports)

        return self.start("dispatcher", tick, **how)

    def deliver(
        self, batch: list[WakeUp], *, container: int = 0, module: str = MODULE, **how: Any
    ) -> Actor:
        """Hand messages to a consumer; what it does not answer for comes again."""

        def ended(actor: Actor) -> None:
            self.queue.in_progress -= len(batch)
            lived = not actor.killed and actor.error is None
            self.queue.messages += actor.result if lived else batch

        self.queue.in_progress += len(batch)
        work = partial(self.containers[module][container].run, self.ports, batch)
        return self.start("consumer", work, ended, about=module, **how)

    def tell(
        self, call: Call, news: ReportContent, *, in_the_end: bool = True, **how: Any
    ) -> Actor:
        """Let the provider say something of what it took; in the end it says one thing only."""
        if in_the_end:
            news = call.end(news)
        said = DeliveryReport(
            notification_id=call.id,
            provider_message_id=call.message_id,
            attempt=call.attempt if self.names_attempts else None,
            content=news,
        )
        stands = self.ledger.standing.get(call.id)
        scopes = [narrowest_scope(stands.target, stands.category)] if stands is not None else []
        see = self.see_it_is_written_down(scopes)

        def ended(actor: Actor) -> None:
            stored = self.ledger.standing.get(call.id)
            if stored is None:
                return
            if actor.killed or actor.error is not None:
                self.untold.append((call, news))
                return
            is_repeated, call.heard = call.heard, call.heard or in_the_end
            self.ledger.violations += changes.of_the_truth(self.ledger, stored)
            # A complaint that is told again is not written down again: a yes since then stands.
            if isinstance(news, Complained) and not is_repeated:
                see()

        work = partial(handle_report, self.ports, said)
        return self.start("report", work, ended, about=call, **how)

    def tell_again(self) -> None:
        """Let the provider tell again what could not be taken in."""
        untold, self.untold = self.untold, []
        for call, news in untold:
            self.tell(call, news, in_the_end=news is call.verdict)

    def mark_dead_letter(self, wake_up: WakeUp, **how: Any) -> Actor:
        """Let a message end in the dead-letter queue."""
        letter = DeadLetter(
            id="letter",
            module=MODULE,
            body="",
            wake_ups=[wake_up],
            receive_count=4,
            sent_at=self.watch.now,
        )
        return self.start("undertaker", partial(mark_dead_letter, self.ports, letter), **how)

    def work(self, *, hasty: bool = False, **how: Any) -> Actor | None:
        """Let a worker have the oldest message of a job; a hasty one has no time for a step."""
        if not self.queue.jobs:
            return None
        job_id = self.queue.jobs.pop(0)

        def ended(actor: Actor) -> None:
            if actor.killed or actor.error is not None:
                self.queue.jobs.append(job_id)
            job = self.real.jobs.get(job_id)
            if job and job.kind is JobKind.ERASURE and job.state is JobState.DONE:
                self._see_that_nothing_is_left()
            self.see_what_is_promised()

        work = partial(jobs.work, self.ports, job_id, STEPS, lambda: hasty)
        return self.start("worker", work, ended, **how)

    def _see_that_nothing_is_left(self) -> None:
        """Nothing stands of an erased user, and nothing that is under way brings any of it back."""
        self.ledger.outlived |= {*self.actors}
        left = [each.id for each in self.notifications if each.user == USER]
        left += [each.id for each in self.real.records.list_by_user(USER)]
        left += [*self.real.user_settings.get([USER])]
        left += ["a large content"] * self.real.contents.delete_batch(USER)
        if left:
            raise Violated(f"the user is erased, and {left} still stands")
