"""Status polls: notifications of one batch whose provider is asked about them at the same time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The notifications to ask a provider about, and when. It has one entry in the due index.

    A poll does not change the notifications that it names.
    """

    id: str
    module: str
    notifications: tuple[str, ...]  #: ids
    sent_at: datetime  #: the poll's due times are calculated from it
    due_at: datetime
