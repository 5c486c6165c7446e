"""Removes addresses from error messages and shortens them in explanations."""

import re

BLOT = "•••"

_ADDRESSES = re.compile(
    r"Expo(?:nent)?PushToken\[[^\]\s]*\]"
    r"|[^\s<>\"'(),:;@]+@[A-Za-z0-9][A-Za-z0-9.-]*"
    r"|\+?\d{7,}"
)


def redacted(text: str) -> str:
    """Return a provider's text without push tokens, e-mail addresses and phone numbers."""
    return _ADDRESSES.sub(BLOT, text)


def shortened(address: str) -> str:
    """Return enough of an address to recognize it, such as `+1555•••0004` or `eg•••@x.org`."""
    name, at, domain = address.rpartition("@")
    if at and name:
        return f"{name[: min(2, len(name) // 2)]}{BLOT}@{domain}"
    if address.startswith("+"):
        return f"{address[:5]}{BLOT}{address[-4:]}" if len(address) > 11 else f"{address[:2]}{BLOT}"  # noqa: PLR2004 - leaves three unshown
    inside = re.fullmatch(r"(Expo(?:nent)?PushToken\[)(.*)\]", address)
    if inside:
        return f"{inside[1]}{inside[2][:4]}{BLOT}]"
    return f"{address[: min(12, len(address) // 3)]}{BLOT}"
