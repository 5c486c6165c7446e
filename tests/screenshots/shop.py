"""An invented shop, its customers and what it sends in a day.

Every address is of `example.com` or one that the simulator knows (docs/simulator.md): it decides
what happens to a message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: The customer whose pages are shown.
OMAR = "customer-1007"
#: A customer with a text of every kind that can be hard to show.
LONG = "customer-1024"
#: A customer who asks to be forgotten.
LEAVER = "customer-1023"


@dataclass(frozen=True)
class Customer:
    """A customer of the shop."""

    user: str
    name: str
    locale: str
    time_zone: str
    addresses: Sequence[tuple[str, str]]  #: the name of a target, and an address


@dataclass(frozen=True)
class Message:
    """A notification that the shop sends."""

    user: str
    category: str
    reference: str | None = None
    targets: Sequence[str] | None = None
    content: Mapping[str, Any] = field(default_factory=dict)  #: or a template, with data


_PEOPLE = (
    ("Anna Meyer", "de", "Europe/Berlin"),
    ("Lukas Weber", "de", "Europe/Vienna"),
    ("Sofia Rossi", "en", "Europe/Rome"),
    ("Noah Jensen", "en", "Europe/Copenhagen"),
    ("Maria Garcia", "en", "Europe/Madrid"),
    ("Yusuf Demir", "de", "Europe/Istanbul"),
    ("Omar Haddad", "ar", "Africa/Cairo"),
    ("Emma Dubois", "en", "Europe/Paris"),
    ("Liam Murphy", "en", "Europe/Dublin"),
    ("Chloe Martin", "en", "America/Toronto"),
    ("Mateo Silva", "en", "America/Sao_Paulo"),
    ("Ines Costa", "en", "Europe/Lisbon"),
    ("Oskar Nowak", "en", "Europe/Warsaw"),
    ("Lea Fischer", "de", "Europe/Zurich"),
    ("Yuki Tanaka", "en", "Asia/Tokyo"),
    ("Priya Sharma", "en", "Asia/Kolkata"),
    ("Jonas Berg", "en", "Europe/Oslo"),
    ("Nora Lind", "en", "Europe/Stockholm"),
    ("Pavel Novak", "en", "Europe/Prague"),
    ("Elena Ivanova", "en", "Europe/Sofia"),
    ("Tom Baker", "en", "Europe/London"),
    ("Ruth Keller", "de", "Europe/Zurich"),
    ("Ida Larsen", "en", "Europe/Oslo"),
    ("Felix Braun", "de", "Europe/Berlin"),
)

#: Addresses at which the simulator lets a message fail, by the place of the customer.
_TROUBLE: Mapping[int, tuple[str, str]] = {
    2: ("Twilio", "+15913000501"),  # the number is not in use
    4: ("Twilio", "+15913000301"),  # the phone is switched off
    6: ("Expo", "ExponentPushToken[error-DeviceNotRegistered-omar]"),
    8: ("Email", "bounce-transient-mailboxfull-liam@example.com"),
    10: ("Twilio", "+15913000701"),  # taken for spam
    12: ("Email", "bounce-permanent-general-oskar@example.com"),
    14: ("Twilio", "+15992161401"),  # not a mobile number
    16: ("Email", "reject-jonas@example.com"),
    18: ("Twilio", "+15913000302"),
    20: ("Expo", "ExponentPushToken[error-MessageTooBig-tom]"),
    21: ("Twilio", "+15913000502"),
}

#: What the shop's customers buy.
_GOODS = (
    ("Ceramic teapot", 39.5),
    ("Darjeeling, 250 g", 12.9),
    ("Wool blanket", 64.0),
    ("Enamel mug", 14.5),
    ("Beeswax candles", 9.8),
    ("Linen apron", 28.0),
)


def customers() -> list[Customer]:
    """Return the customers."""
    return [_customer(place, *person) for place, person in enumerate(_PEOPLE)]


def _customer(place: int, name: str, locale: str, time_zone: str) -> Customer:
    first, last = name.lower().split()
    addresses = [("Email", f"{first}.{last}@example.com"), ("Twilio", f"+1555555{place:04}")]
    if place % 3 == 0:
        addresses.append(("Expo", f"ExponentPushToken[{first}-phone]"))
    if place in _TROUBLE:
        target, address = _TROUBLE[place]
        addresses = [one for one in addresses if one[0] != target or target == "Expo"]
        addresses.append((target, address))
    return Customer(f"customer-{1001 + place}", name, locale, time_zone, addresses)


def messages(hour: int) -> list[Message]:
    """Return what the shop sends at an hour of the day: more by day than at night."""
    everybody = customers()
    number = 2 + max(0, 8 - abs(hour - 14))
    buyers = [everybody[(hour * 5 + place * 3) % len(everybody)] for place in range(number)]
    return [
        message
        for place, buyer in enumerate(buyers)
        for message in _messages_to(buyer, order=1000 + hour * 12 + place, hour=hour)
    ]


def _messages_to(buyer: Customer, order: int, hour: int) -> list[Message]:
    reference = f"order A-{order}"
    receipt = {"template": "receipt", "data": _receipt(order, hour)}
    messages = [Message(buyer.user, "orders", reference, ["Email", "Twilio"], receipt)]
    channels = {target for target, _ in buyer.addresses}
    if "Expo" in channels:
        text = {"title": f"Order A-{order} is on its way", "body": "Expected tomorrow by 18:00."}
        messages.append(Message(buyer.user, "delivery", reference, ["Expo"], text))
    if order % 3 == 0:
        code = {"title": "Your code", "body": f"{order * 7919 % 1_000_000:06} is your code."}
        messages.append(Message(buyer.user, "security", None, ["Twilio"], code))
    return messages


def _receipt(order: int, hour: int) -> dict[str, Any]:
    goods = _GOODS[order % 4 : order % 4 + 2]
    items = [{"name": name, "quantity": 1, "price": price} for name, price in goods]
    return {
        "order_id": f"A-{order}",
        "ordered_at": f"2026-11-28T{hour % 24:02}:05:00Z",
        "currency": "EUR",
        "items": items,
        "shipping": 4.9,
        "total": round(sum(price for _, price in goods) + 4.9, 2),
        "order_url": f"https://shop.example.com/orders/A-{order}",
    }


def hard_to_show() -> list[Message]:
    """Return messages with long words, an emoji, markup, and a script from right to left."""
    long = "Warenwirtschaftsschnittstellenüberwachungsbenachrichtigung" * 3
    return [
        Message(
            LONG,
            "delivery",
            f"consignment-{'0123456789abcdef' * 12}",
            ["Email"],
            {"title": f"🎁 طلبك في الطريق إليك: {long}"[:250], "body": f"<p>{long}</p>" * 3},
        ),
        Message(
            LONG,
            "delivery",
            "<b>A-2001</b>",
            ["Twilio"],
            {
                "title": "مرحبا 👋",
                "body": "طلبك رقم A-2001 في الطريق إليك 🚚 وسيصل غدًا قبل السادسة مساءً",
            },
        ),
    ]
