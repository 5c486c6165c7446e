"""What `make invoke` does around `sam local invoke`, without Docker."""

import asyncio
import json
import socket
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from infra.local import invoke
from infra.local.invoke import Bridge, failure, for_container, forwarding, local_ports
from infra.local.layout import StackError
from infra.local.stack import LocalStack

LOOPBACK = Bridge(IPv4Network("127.0.0.0/8"), IPv4Address("127.0.0.1"))
MEGABYTE = b"0123456789abcdef" * 65536


@pytest.mark.parametrize("event", sorted(invoke.EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_event_is_a_json_object(event: Path) -> None:
    assert isinstance(json.loads(event.read_text()), dict)


def test_only_addresses_on_the_loopback_are_rewritten() -> None:
    variables = json.dumps(
        {
            "Api": {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "DUE_SHARDS": "4"},
            "DeliverTwilio": {"PROVIDER_URL": "http://127.0.0.1:45660/", "OTHER": "10.127.0.0:80"},
        }
    )
    assert local_ports(variables) == {4566, 45660}
    assert json.loads(for_container(variables, {4566: 7001, 45660: 7002})) == {
        "Api": {"AWS_ENDPOINT_URL": "http://host.docker.internal:7001", "DUE_SHARDS": "4"},
        "DeliverTwilio": {
            "PROVIDER_URL": "http://host.docker.internal:7002/",
            "OTHER": "10.127.0.0:80",
        },
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"statusCode": 200, "body": "errorMessage"}', None),
        ('{"batchItemFailures": []}', None),
        ("null", None),
        ('{"errorMessage": "\'Records\'", "errorType": "KeyError"}', "KeyError: 'Records'"),
        ('{"errorMessage": "Task timed out"}', "Error: Task timed out"),
        ("", "its answer is not JSON: ''"),
    ],
)
def test_an_error_is_told_from_an_answer(answer: str, reason: str | None) -> None:
    assert failure(answer) == reason


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with all that came, in upper case, once the caller has said that it is all."""
    writer.write(b"heard " + (await reader.read()).upper())
    await writer.drain()
    writer.close()


async def call(bridge: Bridge, said: bytes) -> bytes:
    """Say something through a forwarder; afterwards nothing may listen there."""
    service = await asyncio.start_server(shout, "127.0.0.1", 0)
    async with forwarding(bridge, service.sockets[0].getsockname()[1]) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        writer.write_eof()
        heard = await reader.read()
        writer.close()
    service.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    return heard


def test_the_forwarder_carries_both_ways_and_ends() -> None:
    assert asyncio.run(call(LOOPBACK, MEGABYTE)) == b"heard " + MEGABYTE.upper()


def test_the_forwarder_serves_none_but_containers() -> None:
    elsewhere = Bridge(IPv4Network("172.17.0.0/16"), LOOPBACK.gateway)
    assert asyncio.run(call(elsewhere, b"")) == b""


def test_a_connection_left_open_does_not_keep_the_forwarder(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def leave_open(service: socket.socket) -> None:
        async with forwarding(LOOPBACK, service.getsockname()[1]) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.to_thread(service.accept)
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(leave_open(silent))
    assert not caplog.records


def test_a_service_that_is_down_ends_the_connection() -> None:
    async def knock() -> bytes:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            async with forwarding(LOOPBACK, free.getsockname()[1]) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                heard = await reader.read()
                writer.close()
        return heard

    assert asyncio.run(knock()) == b""


def test_a_gateway_on_another_machine_needs_no_forwarder() -> None:
    async def port_for_desktop() -> int:
        desktop = Bridge(IPv4Network("192.0.2.0/24"), IPv4Address("192.0.2.254"))
        async with forwarding(desktop, 4566) as port:
            return port

    assert asyncio.run(port_for_desktop()) == 4566


def test_without_a_stack_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="make up"):
        invoke.main(LocalStack(tmp_path), "Api", "api")
