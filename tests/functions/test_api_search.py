"""References, and the search for notifications, by the API over the emulator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.domain.claim import Claim
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.domain.timing import LEASE
from notification_core.domain.transitions import Transition
from notification_core.entrypoints.http_api.fields import iso
from notification_core.ports import Ports
from notification_core.runtime.settings import read_settings
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.emulator import ENVIRONMENT
from tests.functions.lambda_calls import Answer, Api


@pytest.fixture
def record(api: Api, user: str) -> Any:
    """An address of the user."""
    body = {"user": user, "target": "Email", "target_user_id": f"{user}@example.com"}
    return api("POST", "/target-user-records", body).body


def a_request(record: Any, **fields: Any) -> dict[str, Any]:
    """A request for a notification that is not due soon."""
    later = iso(datetime.now(UTC) + timedelta(hours=1))
    content = {"title": "Hello", "body": "There", "scheduled_delivery": later}
    return {"target_user_record": record["id"]} | content | fields


def ask(api: Api, record: Any, **fields: Any) -> Answer:
    """Ask for a notification."""
    return api("POST", "/notifications", a_request(record, **fields))


def found(api: Api, **query: Any) -> Any:
    """Search; return the items."""
    answer = api("GET", "/search", query=query)
    assert answer.status == 200, answer
    return answer.body["items"]


def test_a_reference_comes_back_and_is_exported(api: Api, user: str, record: Any) -> None:
    [made] = ask(api, record, reference="order 1").body["items"]
    [plain] = ask(api, record).body["items"]

    assert (made["reference"], plain["reference"]) == ("order 1", None)
    assert api("GET", f"/notifications/{made['id']}").body == made
    exported = api("GET", f"/users/{user}/export").body["notifications"]
    assert {each["id"]: each["reference"] for each in exported} == {
        made["id"]: "order 1",
        plain["id"]: None,
    }


@pytest.mark.parametrize("reference", ["", " ", "x" * 256, 5, ["order"], "\ud800"])
def test_a_reference_that_cannot_be(api: Api, record: Any, reference: Any) -> None:
    answer = ask(api, record, reference=reference)

    assert (answer.status, answer.code, answer.fields) == (422, "invalid-input", {"reference"})


def test_a_reference_is_not_an_idempotency_key(api: Api, record: Any) -> None:
    reference = str(uuid4())
    items = [a_request(record, reference=reference) for _ in range(2)]
    answer = api("POST", "/notifications/batch", {"items": items})

    made = [each["notifications"][0] for each in answer.body["items"]]
    assert [each["status"] for each in answer.body["items"]] == [201, 201]
    assert {each["id"] for each in found(api, reference=reference)} == {each["id"] for each in made}
    assert len(made) == 2


def test_a_key_with_another_reference_is_a_mismatch(api: Api, user: str, record: Any) -> None:
    body = a_request(record, reference="order 1")
    headers = {"Idempotency-Key": user}
    first = api("POST", "/notifications", body, headers=headers)
    again = api("POST", "/notifications", body, headers=headers)
    other = api("POST", "/notifications", body | {"reference": "order 2"}, headers=headers)

    assert (first.status, again.status, first.body == again.body) == (201, 200, True)
    assert (other.status, other.code) == (409, "idempotency-mismatch")


def test_a_search_by_reference_pages_newest_first(api: Api, record: Any) -> None:
    reference = f"order {uuid4()} & more"
    made = [ask(api, record, reference=reference).body["items"][0] for _ in range(3)]
    query = {"reference": reference, "limit": 2}

    first = api("GET", "/search", query=query).body
    rest = api("GET", "/search", query=query | {"next": first["next"]}).body

    assert [*first["items"], *rest["items"]] == made[::-1]
    assert rest["next"] is None


def test_a_search_by_address_finds_what_its_records_got(api: Api, record: Any) -> None:
    made = [ask(api, record).body["items"][0] for _ in range(3)]
    address = record["target_user_id"]

    assert found(api, address=address) == made[::-1]
    assert found(api, address=f" {address.upper()} ") == made[::-1]
    assert found(api, address=f"no-{address}") == []
    assert api("GET", "/search", query={"address": f"no-{address}"}).body["next"] is None


def test_a_search_by_the_providers_id_finds_its_notification(
    api: Api, live: Ports, record: Any
) -> None:
    message_id = f"SM{uuid4()}"
    [made] = ask(api, record).body["items"]
    assert found(api, provider_id=message_id) == []

    sending = claimed(live, made["id"])
    live.notifications.advance([Transition(sending, sending.delivered(live.clock(), message_id))])

    [answer] = found(api, provider_id=message_id)
    assert (answer["id"], answer["provider_message_id"]) == (made["id"], message_id)


def claimed(live: Ports, notification_id: str) -> Notification:
    """Claim a notification as a consumer does."""
    [stored] = live.notifications.get([notification_id])
    assert stored is not None
    claim = Claim(str(uuid4()), live.clock() + LEASE)
    [result] = live.notifications.claim([wake_up_for(stored)], claim, live.clock(), stored.module)
    assert isinstance(result, Notification)
    return result


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, {"address", "provider_id", "reference"}),
        ({"address": "a", "reference": "r"}, {"address", "reference"}),
        ({"reference": " "}, {"reference"}),
        ({"reference": "x" * 256}, {"reference"}),
        ({"provider_id": "x" * 513}, {"provider_id"}),
        ({"reference": "r", "next": "nonsense"}, {"next"}),
        ({"reference": "r", "limit": 101}, {"limit"}),
        ({"reference": "r", "user": "u"}, {"user"}),
    ],
)
def test_a_search_that_cannot_be(api: Api, query: dict[str, Any], fields: set[str]) -> None:
    answer = api("GET", "/search", query=query)

    assert (answer.status, answer.code, answer.fields) == (422, "invalid-input", fields)


def test_a_search_by_an_index_that_is_not_deployed_names_its_parameter(
    api: Api, live: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = replace(live, search_indexes=frozenset({SearchIndex.REFERENCE}))
    monkeypatch.setattr("notification_core.entrypoints.http_api.routes.search.ports", lambda: ports)

    answer = api("GET", "/search", query={"provider_id": "SM1"})

    assert (answer.status, answer.fields) == (422, {"provider_id"})
    assert "ProviderIdIndex" in answer.body["detail"]
    assert found(api, reference=str(uuid4())) == []


def test_the_environment_tells_which_indexes_there_are(live: Ports) -> None:
    settings = read_settings(ENVIRONMENT | {"PROVIDER_ID_INDEX": "false"}, ())

    assert live.search_indexes == frozenset(SearchIndex)
    assert settings.search_indexes == {SearchIndex.REFERENCE}
