"""What users and callers were promised: the noes and the cancellations that were acknowledged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.ports import Ports
from tests.model.stepper import Actor


@dataclass
class Promises:
    """Which notifications must not be sent any more, and what stands against each now."""

    ports: Ports  # the real ones, past all faults
    module: Module
    standing: Mapping[str, Notification]
    silenced: set[str] = field(default_factory=set)  #: by a no that stands
    stopped: set[str] = field(default_factory=set)  #: by a no, whatever was said since
    cancelled: set[str] = field(default_factory=set)
    recategorised: set[str] = field(default_factory=set)  #: by a change of its caller
    yeses: list[Actor] = field(default_factory=list)  #: whoever was begun to say yes

    def is_silent(self) -> bool:
        """Whether nobody is saying yes at this moment."""
        return not any(each.alive for each in self.yeses)

    def covers(self, scopes: Iterable[str], notification: Notification) -> bool:
        """Whether a no to these is one to this notification."""
        category = notification.category
        if category in self.module.mandatory_categories:
            return False
        mine = {EVERYTHING, target_scope(notification.target)}
        mine |= {category_scope(category)} if category else set()
        return not mine.isdisjoint(scopes)

    def scopes_of(self, user: str) -> frozenset[str]:
        """What a user has said no to, as the store has it now."""
        opt_out = self.ports.opt_outs.get([user]).get(user)
        return opt_out.scopes if opt_out is not None else frozenset()

    def is_opted_out(self, notification: Notification) -> bool:
        """Whether its user has said no to it, as the store has it now."""
        return self.covers(self.scopes_of(notification.user), notification)

    def was_refused(self, notification: Notification) -> bool:
        """Whether its user has ever said no to it: one that has ended since restores nothing."""
        opt_out = self.ports.opt_outs.get([notification.user]).get(notification.user)
        noes = [each.scope for each in opt_out.entries if each.active] if opt_out else []
        return self.covers(noes, notification)

    def is_switched_off(self, notification: Notification) -> bool:
        """Whether its record is inactive or gone."""
        record = self.ports.records.get([notification.target_user_record])
        return not any(each.active for each in record.values())

    def that_a_no_stops(self, user: str, scopes: Iterable[str]) -> set[str]:
        """Return the ids of what waits or is being sent, and is covered by a no to these."""
        named = {*scopes}
        return {
            each.id
            for each in self.standing.values()
            if each.user == user
            and (each.is_waiting or each.status is Status.SENDING)
            and self.covers(named, each)
        }

    def silence(self, user: str, scopes: Iterable[str]) -> None:
        """A user's no to these was acknowledged."""
        named = {*scopes}
        self.silenced |= {
            each.id
            for each in self.standing.values()
            if each.user == user and self.covers(named, each) and self.is_opted_out(each)
        }

    def look_again(self) -> None:
        """A ledger was changed: a no that is over silences nothing more."""
        self.silenced = {
            each
            for each in self.silenced
            if each in self.standing and self.is_opted_out(self.standing[each])
        }
