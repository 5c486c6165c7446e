"""The recipient of a message determines its outcome; this is the whole table.

``docs/simulator.md`` shows the same rows, and a test compares the two. ``forms.py`` compiles the
forms.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from infra.simulator.forms import number_pattern, word_pattern


class Target(StrEnum):
    """The provider that a recipient belongs to; also the ``target`` of an inbox item."""

    TWILIO = "twilio"
    EXPO = "expo"
    WEBHOOK = "webhook"
    EMAIL = "email"
    #: E-mail through the SES API, which has separate forms and is shown as EMAIL.
    SES = "ses"


class Action(StrEnum):
    """The simulator's action for a call; also the ``outcome`` in the request log."""

    OK = "ok"
    ERROR = "error"
    DATA = "data"
    RECEIPT = "receipt"
    NEVER = "never"
    LATER = "later"
    PROJECT = "project"
    HTTP = "http"
    FAIL = "fail"
    THROTTLE = "throttle"
    SLOW = "slow"
    HANG = "hang"
    CUT = "cut"
    DROP = "drop"
    UNDELIVERED = "undelivered"
    SILENT = "silent"
    SHUFFLED = "shuffled"
    EARLY = "early"
    CUT_REPORTED = "cut-reported"
    SENT = "sent"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    DELAY = "delay"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One action and its value: a code, a status, or a number of times, seconds or ms.

    A form with two values, such as ``bounce-TYPE-SUBTYPE-x``, joins them with a dash.
    """

    action: Action
    value: str = "0"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the recipient forms of one action, by target; empty means that there is none."""

    action: Action
    effect: str
    twilio: str = ""
    expo: str = ""
    webhook: str = ""
    email: str = ""
    ses: str = ""

    def form(self, target: Target) -> str:
        """Return the recipient form of this row for one target."""
        return str(getattr(self, target.value))


def _row(action: Action, effect: str, twilio: str, word: str) -> Rule:
    return Rule(action, effect, twilio, f"[{word}]", word, word, word)


RULES = (
    Rule(
        Action.ERROR,
        "Refused with the provider's error CODE",
        "+1599CCCCCNN",
        "[error-CODE-x]",
        "error-CODE-x",
        "code-SSS-x",
        "error-CODE-x",
    ),
    Rule(Action.DATA, "Refused with SSS at the end of DATA", email="data-SSS-x"),
    Rule(Action.RECEIPT, "Ticket is ok, its receipt is error CODE", expo="[receipt-CODE-x]"),
    Rule(Action.NEVER, "Ticket is ok, its receipt never appears", expo="[never-x]"),
    Rule(Action.LATER, "Ticket is ok, its receipt is absent FF times", expo="[later-FF-x]"),
    Rule(
        Action.PROJECT,
        "Token of the project NAME: a request for several projects is refused and told which",
        expo="[project-NAME-x]",
    ),
    Rule(
        Action.HTTP,
        "HTTP status SSS (200 or 400-599) with an HTML body",
        "+1598SSSNNNN",
        "[http-SSS-x]",
        "http-SSS-x",
        ses="http-SSS-x",
    ),
    _row(
        Action.FAIL,
        "503 (SMTP: 451, Expo: ticket error ExpoError) FF times, then success",
        "+1597FFNNNNN",
        "fail-FF-x",
    ),
    _row(Action.SLOW, "Success after MMMM milliseconds", "+1596MMMMNNN", "slow-MMMM-x"),
    _row(Action.HANG, "Accepted, answered after SS seconds", "+1595SSNNNNN", "hang-SS-x"),
    _row(Action.CUT, "Accepted, connection cut without an answer", "+1594NNNNNNN", "cut-x"),
    _row(
        Action.THROTTLE,
        "429 and Retry-After: 1 (SMTP: 454) FF times, then success",
        "+1593FFNNNNN",
        "throttle-FF-x",
    ),
    _row(Action.DROP, "Connection cut before anything is accepted", "+1592NNNNNNN", "drop-x"),
    Rule(Action.UNDELIVERED, "Callbacks: sent, undelivered with error CCCCC", "+1591CCCCCNN"),
    Rule(
        Action.SILENT,
        "No callback or event ever; a message stays sent",
        "+15900NNNNNN",
        ses="silent-x",
    ),
    Rule(Action.SHUFFLED, "Callbacks: delivered, sent, delivered, sent", "+15901NNNNNN"),
    Rule(Action.EARLY, "Both callbacks come before the answer", "+15902NNNNNN"),
    Rule(
        Action.CUT_REPORTED,
        "Connection cut without an answer, and then the callbacks come",
        "+15903NNNNNN",
    ),
    Rule(Action.SENT, "Callback: sent, and it is the last; the message stays sent", "+15904NNNNNN"),
    Rule(Action.BOUNCE, "Event: Bounce of TYPE and SUBTYPE", ses="bounce-TYPE-SUBTYPE-x"),
    Rule(
        Action.BOUNCE,
        "Event: Bounce of TYPE, refused with the enhanced status code STATUS",
        ses="bounce-TYPE-STATUS-x",
    ),
    Rule(Action.COMPLAINT, "Events: Delivery, Complaint", ses="complaint-x"),
    Rule(Action.DELAY, "Events: DeliveryDelay twice, Delivery", ses="delay-x"),
    Rule(Action.REJECT, "Event: Reject", ses="reject-x"),
)

#: Twilio's test numbers and the error of each.
#: Source: twilio.com/docs/iam/test-credentials
MAGIC_NUMBERS = {
    "+15005550001": "21211",
    "+15005550002": "21612",
    "+15005550003": "21408",
    "+15005550004": "21610",
    "+15005550009": "21614",
}

#: Amazon's test addresses and the outcome of each. They may have a label: `bounce+label@...`.
#: Source: docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
MAGIC_ADDRESSES = {
    "success@simulator.amazonses.com": Outcome(Action.OK),
    "bounce@simulator.amazonses.com": Outcome(Action.BOUNCE, "Permanent-General"),
    "complaint@simulator.amazonses.com": Outcome(Action.COMPLAINT),
    "suppressionlist@simulator.amazonses.com": Outcome(
        Action.BOUNCE, "Permanent-OnAccountSuppressionList"
    ),
}

#: The token that Expo's documentation uses as an example. No device has it.
#: Source: docs.expo.dev/push-notifications/sending-notifications
MAGIC_TOKENS = {
    "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]": Outcome(Action.ERROR, "DeviceNotRegistered"),
}

_LABEL = re.compile(r"\+[^@]*@")

_EXPO_TOKEN = re.compile(r"Expo(?:nent)?PushToken\[(.+)\]")


def _compiled(target: Target) -> tuple[tuple[re.Pattern[str], Action], ...]:
    pattern = number_pattern if target is Target.TWILIO else word_pattern
    forms = ((rule.form(target), rule.action) for rule in RULES)
    return tuple((pattern(form), action) for form, action in forms if form)


_PATTERNS = {target: _compiled(target) for target in Target}


def is_expo_token(text: str) -> bool:
    """Return whether the text has the form of an Expo push token."""
    return _EXPO_TOKEN.fullmatch(text) is not None


def _scripted_part(target: Target, recipient: str) -> str:
    if target in {Target.EMAIL, Target.SES}:
        return recipient.rpartition("@")[0]
    token = _EXPO_TOKEN.fullmatch(recipient) if target is Target.EXPO else None
    return token[1] if token else recipient


def find(target: Target, recipient: str) -> Outcome:
    """Return the outcome of a recipient; success if it matches no row."""
    if target is Target.TWILIO and recipient in MAGIC_NUMBERS:
        return Outcome(Action.ERROR, MAGIC_NUMBERS[recipient])
    if target is Target.SES and (address := _LABEL.sub("@", recipient)) in MAGIC_ADDRESSES:
        return MAGIC_ADDRESSES[address]
    if target is Target.EXPO and recipient in MAGIC_TOKENS:
        return MAGIC_TOKENS[recipient]
    text = _scripted_part(target, recipient)
    for pattern, action in _PATTERNS[target]:
        if match := pattern.fullmatch(text):
            return Outcome(action, "-".join(match.groups()) or "0")
    return Outcome(Action.OK)
