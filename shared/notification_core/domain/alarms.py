"""The alarms of the stack, as CloudWatch describes them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: Separates what an alarm's description says from the address of its section in the runbook.
SEE = " See "
#: What the names of the alarms of the whole system begin with, in place of a module's name.
SYSTEM = "system"


class AlarmState(StrEnum):
    """The state of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"  #: CloudWatch has not evaluated it


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm. Its description says what is wrong and what to do first."""

    name: str  #: without the stack's name: `system-missed-ticks`, `email-paused`
    state: AlarmState
    since: datetime  #: the last change of its state
    description: str = ""

    @property
    def advice(self) -> str:
        """What is wrong and what to do first."""
        return self.description.rpartition(SEE)[0] or self.description

    @property
    def runbook(self) -> str:
        """The address of its section in the runbook: a URL, or a path of the repository."""
        before, _, address = self.description.rpartition(SEE)
        return address if before else ""

    def belongs_to(self, modules: frozenset[str]) -> bool:
        """Whether it is an alarm of the system or of one of these modules.

        A stack whose name begins with that of this one has alarms that look alike.
        """
        return self.name.startswith(tuple(f"{owner}-" for owner in (SYSTEM, *modules)))
