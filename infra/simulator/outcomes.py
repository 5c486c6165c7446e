"""What happens to a message is written in its recipient; this is the whole table.

``docs/simulator.md`` shows the same rows, and a test compares the two.

How a form is read. In a phone number a run of N is any digits, a run of another capital is the
value. In a word form the capitals are the value and the last ``-x`` is optional, any text.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Target(StrEnum):
    """The provider a recipient belongs to; also the ``target`` of an inbox item."""

    TWILIO = "twilio"
    EXPO = "expo"
    WEBHOOK = "webhook"
    EMAIL = "email"


class Action(StrEnum):
    """What the simulator does with a call; also the ``outcome`` in the request log."""

    OK = "ok"
    ERROR = "error"
    RECEIPT = "receipt"
    HTTP = "http"
    FAIL = "fail"
    THROTTLE = "throttle"
    SLOW = "slow"
    HANG = "hang"
    CUT = "cut"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One action and its value: a code, a status, or a number of times, seconds or ms."""

    action: Action
    value: str = "0"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the forms of recipient, by target, that lead to one action (empty: none do)."""

    action: Action
    effect: str
    twilio: str = ""
    expo: str = ""
    webhook: str = ""
    email: str = ""

    def form(self, target: Target) -> str:
        """Return the recipient form of this row for one target."""
        return str(getattr(self, target.value))


def _row(action: Action, effect: str, twilio: str, word: str) -> Rule:
    return Rule(action, effect, twilio, f"[{word}]", word, word)


RULES = (
    Rule(
        Action.ERROR,
        "Refused with the provider's error CODE",
        "+1599CCCCCNN",
        "[error-CODE-x]",
        "error-CODE-x",
        "code-SSS-x",
    ),
    Rule(Action.RECEIPT, "Ticket is ok, its receipt is error CODE", expo="[receipt-CODE-x]"),
    Rule(
        Action.HTTP,
        "HTTP status SSS (200 or 400-599) with an HTML body",
        "+1598SSSNNNN",
        "[http-SSS-x]",
        "http-SSS-x",
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
)

#: Twilio's own test numbers and the error each stands for.
#: Source: twilio.com/docs/iam/test-credentials
MAGIC_NUMBERS = {
    "+15005550001": "21211",
    "+15005550002": "21612",
    "+15005550003": "21408",
    "+15005550004": "21610",
    "+15005550009": "21614",
}

_VALUES = {"CODE": r"[A-Za-z0-9_]+", "SSS": r"200|[45]\d\d"}
_EXPO_TOKEN = re.compile(r"Expo(?:nent)?PushToken\[(.+)\]")


def _number_pattern(form: str) -> str:
    def digits(run: re.Match[str]) -> str:
        any_digits = rf"\d{{{len(run[0])}}}"
        return any_digits if run[1] == "N" else f"({_VALUES.get(run[0], any_digits)})"

    return re.sub(r"([A-Z])\1*", digits, form.replace("+", r"\+"))


def _word_pattern(form: str) -> str:
    words = form.strip("[]").removesuffix("-x").split("-")
    pattern = "-".join(f"({_VALUES.get(w, r'[0-9]+')})" if w.isupper() else w for w in words)
    return pattern + "(?:-.*)?"


def _compiled(target: Target) -> tuple[tuple[re.Pattern[str], Action], ...]:
    pattern = _number_pattern if target is Target.TWILIO else _word_pattern
    forms = ((rule.form(target), rule.action) for rule in RULES)
    return tuple((re.compile(pattern(form)), action) for form, action in forms if form)


_PATTERNS = {target: _compiled(target) for target in Target}


def is_expo_token(text: str) -> bool:
    """Say whether the text has the form of an Expo push token."""
    return _EXPO_TOKEN.fullmatch(text) is not None


def _scripted_part(target: Target, recipient: str) -> str:
    if target is Target.EMAIL:
        return recipient.rpartition("@")[0]
    token = _EXPO_TOKEN.fullmatch(recipient) if target is Target.EXPO else None
    return token[1] if token else recipient


def find(target: Target, recipient: str) -> Outcome:
    """Return the outcome written in a recipient; success when it matches no row."""
    if target is Target.TWILIO and recipient in MAGIC_NUMBERS:
        return Outcome(Action.ERROR, MAGIC_NUMBERS[recipient])
    text = _scripted_part(target, recipient)
    for pattern, action in _PATTERNS[target]:
        if match := pattern.fullmatch(text):
            return Outcome(action, match[1] if pattern.groups else "0")
    return Outcome(Action.OK)
