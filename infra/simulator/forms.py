"""Compiles the forms of recipients in the table of outcomes to regular expressions.

In a phone number a run of N matches any digits, and a run of another capital is the value. In a
word form the capitals are the value, and the last ``-x`` stands for any text and is optional.
"""

import re

_VALUES = {
    "CODE": r"[A-Za-z0-9_]+",
    "NAME": r"[A-Za-z0-9_]+",
    "SSS": r"200|[45]\d\d",
    "TYPE": "(?i:Permanent|Transient|Undetermined)",
    "STATUS": r"[45]\.\d{1,3}\.\d{1,3}",
    "SUBTYPE": "[A-Za-z]+",
}
_OTHER_VALUE = r"[0-9]+"


def number_pattern(form: str) -> re.Pattern[str]:
    """Compile the form of a phone number; the group is its value."""

    def digits(run: re.Match[str]) -> str:
        any_digits = rf"\d{{{len(run[0])}}}"
        return any_digits if run[1] == "N" else f"({_VALUES.get(run[0], any_digits)})"

    return re.compile(re.sub(r"([A-Z])\1*", digits, form.replace("+", r"\+")))


def word_pattern(form: str) -> re.Pattern[str]:
    """Compile a word form, with or without the brackets of an Expo token; each value is a group."""
    words = form.strip("[]").removesuffix("-x").split("-")
    parts = (f"({_VALUES.get(w, _OTHER_VALUE)})" if w.isupper() else w for w in words)
    return re.compile("-".join(parts) + "(?:-.*)?")
