"""Several notifications of one batch whose provider is asked about them at the same time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What a provider is to be asked about, and when. It has one entry in the due index.

    A notification that it names stands as it stands: the poll only says *look at these then*.
    """

    id: str
    module: str
    notifications: tuple[str, ...]  #: ids
    sent_at: datetime  #: the times of its looks follow from it
    due_at: datetime
