"""Who did something: changed or cancelled a notification, started a job, recorded an opt-out.

It is stored as one text: `console: ` with a person's name, the ARN that signed a request of the
API, or the source of a consent statement. It is empty if it is not known.
"""

import re
from collections.abc import Mapping

from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut

CONSOLE = "console: "
MAX_BY = 200  #: characters

_ROLE = re.compile(r"arn:[^:]+:sts::[^:]*:assumed-role/([^/]+)/(.+)")
_PRINCIPAL = re.compile(r"arn:[^:]+:iam::[^:]*:(user|role)/(?:.*/)?([^/]+)")

#: What stands for each source whose statements are not requests.
SOURCES: Mapping[str, str] = {
    ConsentSource.REPLY: "a reply of the recipient",
    ConsentSource.REFUSAL: "a refusal of the provider",
    ConsentSource.COMPLAINT: "a complaint of the recipient",
    ConsentSource.ONE_CLICK: "an unsubscribe link",
    ConsentSource.ERASURE: "an erasure",
    ConsentSource.SUPPRESSION_LIST: "the suppression list",
    ConsentSource.IMPORT: "an import from another system",
    ConsentSource.IMPORT_UNDONE: "the undoing of an import",
}


def console_person(name: str) -> str:
    """Return what is stored for a person of the console."""
    return f"{CONSOLE}{name}"[:MAX_BY]


def in_words(by: str) -> str:
    """Return who that is, for a sentence; an empty string if it is not known.

    Examples: `ann@example.com in the console`, `the IAM role orders (session i-0abc)`.
    """
    if by.startswith(CONSOLE):
        return f"{by.removeprefix(CONSOLE)} in the console"
    if assumed := _ROLE.fullmatch(by):
        return f"the IAM role {assumed[1]} (session {assumed[2]})"
    if principal := _PRINCIPAL.fullmatch(by):
        return f"the IAM {principal[1]} {principal[2]}"
    return SOURCES.get(by, by)


def of_statement(entry: ConsentEntry) -> str:
    """Return who made a consent statement: the signer of the request, or the source."""
    if entry.source is ConsentSource.API:
        return entry.evidence[:MAX_BY]
    return entry.source.value


def of_ledger(opt_out: OptOut) -> str:
    """Return who made the latest opt-out of a ledger."""
    return next((of_statement(entry) for entry in reversed(opt_out.entries) if entry.active), "")
