"""Erasing and exporting a person, by the API and in the background, over the emulator."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from functions.jobs.handler import lambda_handler as work
from notification_core.adapters.identifier_hasher import IdentifierHasher
from notification_core.adapters.secrets import AGAIN, Secrets
from notification_core.domain.clock import Clock, utc_now
from notification_core.domain.errors import Unavailable
from notification_core.ports import Ports
from notification_core.usecases.privacy import erasure
from tests.emulator import ENVIRONMENT, Emulator
from tests.functions.api_requests import register
from tests.functions.consumers import Ahead
from tests.functions.lambda_calls import Api, Context
from tests.stored_objects import objects

LARGE = "lorem ipsum " * 100


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is under way in these tests that would have to be waited for."""
    monkeypatch.setattr(erasure, "SETTLED", erasure.PAUSE * 0)
    monkeypatch.setattr(erasure, "PAUSE", erasure.PAUSE * 0)


@pytest.fixture
def address() -> str:
    """An address that nobody else has."""
    return f"{uuid4()}@example.com"


def notify(api: Api, user: str, **more: Any) -> dict[str, Any]:
    """Ask for a notification that does not come due here."""
    body = {"user": user, "title": "A title", "body": "A body", **more}
    body |= {"scheduled_delivery": "2026-12-24T00:00:00Z"} if "now" not in more else {}
    answer = api("POST", "/notifications", body)
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.body["items"][0]
    return found


def erased(api: Api, user: str) -> dict[str, Any]:
    """Erase somebody; the queue hands the job to its function until it is done."""
    begun = api("DELETE", f"/users/{quote(user, safe='')}")
    assert begun.status == 202, begun
    job = begun.body["id"]
    for _ in range(20):
        work({"Records": [{"body": json.dumps({"job": job})}]}, Context())
        found: dict[str, Any] = api("GET", f"/jobs/{job}").body
        if found["state"] != "running":
            return found
    raise AssertionError("it never ended")


def everything(emulator: Emulator) -> Iterator[str]:
    """All items of all tables, and all objects of the bucket."""
    dynamodb, s3 = emulator.client("dynamodb"), emulator.client("s3")
    for name in [value for key, value in ENVIRONMENT.items() if key.endswith("_TABLE")]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=name):
            yield from map(str, page["Items"])
    yield from objects(s3, "contents")


def test_after_an_erasure_nothing_of_the_person_is_found(
    api: Api, emulator: Emulator, user: str, address: str
) -> None:
    assert register(api, user, target_user_id=address).status == 201
    small = notify(api, user, title=f"Title {address}")
    notify(api, user, body=f"{LARGE} {address}")
    api("PUT", f"/opt-outs/{user}", {"active": True, "categories": ["news"]})
    marks = [user, address, small["id"]]
    assert all(any(mark in each for each in everything(emulator)) for mark in marks)
    api("PUT", f"/users/{user}/settings", {"locale": "de-AT", "time_zone": "Europe/Vienna"})

    done = erased(api, user)

    assert done["state"] == "done"
    assert done["counts"] == {
        "records": 1,
        "settings": 1,
        "opt_outs": 1,
        "notifications": 2,
        "contents": 1,
    }
    assert [each for each in everything(emulator) for mark in marks if mark in each] == []


def test_a_body_that_no_notification_came_to_refer_to_is_erased_too(
    live: Ports, api: Api, emulator: Emulator, user: str, address: str, monkeypatch: Any
) -> None:
    """The request ends between the two writes."""
    assert register(api, user, target_user_id=address).status == 201

    def dies(*_: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(type(live.notifications), "create", dies)
        body = {"user": user, "title": "t", "body": f"{LARGE} {address}"}
        assert api("POST", "/notifications", body).status == 500
    assert any(LARGE in each and address in each for each in everything(emulator))

    assert erased(api, user)["counts"] == {"records": 1, "contents": 1}
    assert [each for each in everything(emulator) if address in each] == []


def test_an_erased_person_who_had_opted_out_is_not_written_to_after_a_re_import(
    api: Api, user: str, address: str
) -> None:
    assert register(api, user, target_user_id=address).status == 201
    api("PUT", f"/opt-outs/{user}", {"active": True})
    erased(api, user)
    assert api("GET", f"/opt-outs/{user}").status == 404

    for name, place in [(user, f"new-{address}"), (f"{user}-2", address.upper())]:
        assert register(api, name, target_user_id=place).status == 201
        asked = api("POST", "/notifications", {"user": name, "title": "t", "body": "b"})
        assert (asked.status, asked.code) == (409, "opted-out")
        [entry] = api("GET", f"/opt-outs/{name}").body["entries"]
        assert entry["source"] == "suppression_list"

    api("PUT", f"/opt-outs/{user}", {"active": False})
    notify(api, user)


def test_the_api_registers_no_address_during_the_erasure_of_its_user(
    api: Api, user: str, address: str
) -> None:
    assert register(api, user, target_user_id=address).status == 201
    job = api("DELETE", f"/users/{user}").body["id"]
    almost_over = Context()
    left = iter([55_000, 0])
    almost_over.get_remaining_time_in_millis = lambda: next(left)  # type: ignore[method-assign]
    work({"Records": [{"body": json.dumps({"job": job})}]}, almost_over)

    body = {"user": user, "target": "Email", "target_user_id": address}
    refused = api("POST", "/target-user-records", body)

    assert (refused.status, refused.code) == (409, "being-erased")


@pytest.mark.parametrize("name", ["a/b", "a b/export", "ü%41", "x" * 100])
def test_any_user_id_can_be_exported_and_erased(api: Api, user: str, name: str) -> None:
    name = f"{name}-{user}"[:128]
    assert register(api, name, target_user_id=f"{uuid4()}@example.com").status == 201

    found = api("GET", f"/users/{quote(name, safe='')}/export").body
    assert (found["user"], len(found["records"])) == (name, 1)
    assert erased(api, name)["counts"] == {"records": 1}
    assert api("GET", f"/users/{quote(name, safe='')}/export").body["records"] == []


def test_an_export_holds_bodies_extra_and_timelines_whole_over_its_pages(
    api: Api, user: str, address: str
) -> None:
    assert register(api, user, target_user_id=address).status == 201
    api("PUT", f"/opt-outs/{user}", {"active": True, "categories": ["news"]})
    notify(api, user, body=LARGE, extra={"reply_to": "me@example.com"})
    notify(api, user)

    first = api("GET", f"/users/{user}/export", query={"limit": 1}).body
    second = api("GET", f"/users/{user}/export", query={"limit": 1, "next": first["next"]}).body

    assert [each["target_user_id"] for each in first["records"]] == [address]
    assert first["opt_out"]["categories"] == ["news"]
    assert (second["records"], second["opt_out"]) == ([], None)
    [old] = second["notifications"]
    assert (old["body"], old["extra"]) == (LARGE, {"reply_to": "me@example.com"})
    assert old["timeline"][0]["event"] == "scheduled"
    assert {each["id"] for each in first["notifications"]} != {old["id"]}


def test_an_invalid_user_id_or_token_is_refused(api: Api, user: str) -> None:
    assert api("DELETE", "/users/%20").status == 422
    assert api("GET", "/users/%20/export").status == 422
    assert api("GET", f"/users/{user}/export", query={"next": "nonsense"}).status == 422
    assert api("GET", f"/users/{user}").status == 405


def secret(emulator: Emulator, **said: Any) -> str:
    """Make a secret."""
    name = f"erasure-{uuid4()}"
    text = json.dumps(said)
    emulator.client("secretsmanager").create_secret(Name=name, SecretString=text)
    return name


def hashes(emulator: Emulator, name: str, clock: Clock = utc_now) -> IdentifierHasher:
    """The hashes under a secret's keys."""
    return IdentifierHasher(Secrets(emulator.client, clock), lambda: name)


def test_a_hash_is_another_under_another_key_and_old_keys_are_asked_too(
    emulator: Emulator,
) -> None:
    old, new = "o" * 32, "n" * 32
    [before] = hashes(emulator, secret(emulator, key=old))("ann")

    after = hashes(emulator, secret(emulator, key=new, previous=[old]))("ann")

    assert len(after) == 2
    assert after[1] == before != after[0]
    assert len(before) == 128


@pytest.mark.parametrize(
    "said",
    [{}, {"key": ""}, {"key": "changeme"}, {"key": "k" * 64, "previous": [""]}, {"other": "x"}],
)
def test_nothing_is_hashed_without_a_key_that_cannot_be_guessed(
    emulator: Emulator, said: dict[str, Any]
) -> None:
    with pytest.raises(Unavailable):
        hashes(emulator, secret(emulator, **said))("ann")


@pytest.mark.parametrize("said", [{"other": "x"}, {"key": "changeme"}])
def test_a_key_that_was_mended_is_used_within_a_minute(
    emulator: Emulator, said: dict[str, Any]
) -> None:
    name, clock = secret(emulator, **said), Ahead()
    keyed = hashes(emulator, name, clock)
    with pytest.raises(Unavailable):
        keyed("ann")

    mended = json.dumps({"key": "k" * 32})
    emulator.client("secretsmanager").put_secret_value(SecretId=name, SecretString=mended)
    clock.by += AGAIN

    assert len(keyed("ann")) == 1


def test_without_the_secret_no_address_is_registered_and_no_user_erased(
    emulator: Emulator, api: Api, user: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERASURE_SECRET_ID", "nowhere")

    body = {"user": user, "target": "Email", "target_user_id": address}
    assert api("POST", "/target-user-records", body).status == 503
    assert api("DELETE", f"/users/{user}").status == 503
    del emulator
