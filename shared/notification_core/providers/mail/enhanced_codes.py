"""Enhanced status codes (RFC 3463), and their rows in the error table.

A row covers a whole code (`5.7.26`), a group of details (`5.7.2x`, `5.7.6xx`) or a subject
(`5.7`). The code in a server's own reply takes precedence over the status of the delivery report,
which is often only `5.0.0`.
"""

import re

_CODE = r"([245]\.\d{1,3}\.\d{1,3})(?![.\d])"
_ALONE = re.compile(_CODE)
#: An enhanced code after a reply code, as in `smtp; 550-5.7.26 This mail ...`.
_REPLY = re.compile(rf"\b[245]\d\d[ -]+#?{_CODE}")


def keys(code: str) -> list[str]:
    """Return the rows that may classify a code, the most specific first."""
    subject, _, detail = code.rpartition(".")
    group = [f"{subject}.{detail[0]}{'x' * (len(detail) - 1)}"] if len(detail) > 1 else []
    return [code, *group, subject]


def keys_of_report(status: str, diagnostic: str) -> list[str]:
    """Return the rows that may classify a delivery report (RFC 3464, 2.3.4 and 2.3.6)."""
    codes = [match[1] for match in [_REPLY.search(diagnostic), _ALONE.fullmatch(status)] if match]
    return [key for code in dict.fromkeys(codes) for key in keys(code)]
