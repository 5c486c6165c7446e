"""`sam local invoke` against the stack of `make up`, which listens on this machine's loopback only.

A container has its own loopback, so it calls `host.docker.internal`, a name that samconfig.toml
makes Docker resolve. With Docker Desktop the name leads to this machine's loopback. On Linux it
leads to the gateway of Docker's bridge, where a forwarder listens for the duration of the call.
"""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from errno import EADDRNOTAVAIL
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path
from typing import Any

from infra.local.build import build, build_lock
from infra.local.layout import (
    PROJECT,
    Layout,
    StackError,
    running_architecture,
    tool,
    tool_environment,
)
from infra.local.stack import LocalStack

EVENTS = PROJECT / "infra" / "events"
HOST = "host.docker.internal"
LOCAL_ADDRESS = re.compile(r"\b127\.0\.0\.1:(\d+)\b")
BLOCK = 65536  # bytes


@dataclass(frozen=True)
class Bridge:
    """Docker's bridge network, and the gateway through which containers reach this machine."""

    network: IPv4Network
    gateway: IPv4Address


def main(stack: LocalStack, function: str, event: str) -> None:
    """Run one function with one event of infra/events and print its answer.

    Raises:
        StackError: Docker, the function or the event is missing, or the function failed.
    """
    variables, runtime = _variables(stack, function), stack.access()["runtime"]
    command = [str(tool("sam", "sam")), "local", "invoke", function, "--event", _event(event)]
    command += ["--parameter-overrides", f"PythonRuntime={runtime}"]
    command.append(f"Architecture={running_architecture()}")
    bridge = _bridge()
    if _docker("image", "inspect", _image(runtime)) is not None:
        command.append("--skip-pull-image")
    print("Building changed functions ...", file=sys.stderr, flush=True)
    with build_lock():
        build(runtime, running_architecture(), stack.layout.log("build"))
    with tempfile.TemporaryDirectory() as folder:
        answer = asyncio.run(_invoke(command, variables, bridge, Path(folder) / "env.json"))
    print(answer)
    reason = failure(answer)
    if reason is not None:
        raise StackError(f"{function} failed: {reason}")


def failure(answer: str) -> str | None:
    """Return the error of a failed function; None if its answer is not an error."""
    try:
        response = json.loads(answer)
    except ValueError:
        return f"its answer is not JSON: {answer!r}"
    if isinstance(response, dict) and "errorMessage" in response:
        return f"{response.get('errorType', 'Error')}: {response['errorMessage']}"
    return None


def local_ports(variables: str) -> set[int]:
    """Return the ports of this machine's loopback in a function's variables."""
    return {int(port) for port in LOCAL_ADDRESS.findall(variables)}


def for_container(variables: str, ports: Mapping[int, int]) -> str:
    """Replace loopback addresses with addresses that a container can reach."""
    return LOCAL_ADDRESS.sub(lambda match: f"{HOST}:{ports[int(match[1])]}", variables)


@asynccontextmanager
async def forwarding(bridge: Bridge, port: int) -> AsyncIterator[int]:
    """Listen on the bridge's gateway for containers that call a port of the loopback.

    Yields the port to call instead: a free port, so that two simultaneous calls do not collide. If
    the gateway is not on this machine, it is the same port, because Docker Desktop forwards it.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if ip_address(writer.get_extra_info("peername")[0]) not in bridge.network:
                return
            # The end of a call cancels the connections that it left open.
            with suppress(OSError, asyncio.CancelledError):
                await _join(reader, writer, *await asyncio.open_connection("127.0.0.1", port))
        finally:
            writer.close()

    try:
        listening = socket.create_server((str(bridge.gateway), 0))
    except OSError as error:
        if error.errno != EADDRNOTAVAIL:
            raise
        yield port
        return
    server = await asyncio.start_server(serve, sock=listening)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _join(
    caller: asyncio.StreamReader,
    to_caller: asyncio.StreamWriter,
    service: asyncio.StreamReader,
    to_service: asyncio.StreamWriter,
) -> None:
    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
        writer.write_eof()

    try:
        await asyncio.gather(copy(caller, to_service), copy(service, to_caller))
    finally:
        to_service.close()


async def _invoke(command: list[str], variables: str, bridge: Bridge, file: Path) -> str:
    async with AsyncExitStack() as forwarders:
        ports = {
            port: await forwarders.enter_async_context(forwarding(bridge, port))
            for port in local_ports(variables)
        }
        await asyncio.to_thread(file.write_text, for_container(variables, ports))
        process = await asyncio.create_subprocess_exec(
            *[*command, "--env-vars", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=tool_environment(),
            cwd=PROJECT,
        )
        try:
            answer, _ = await process.communicate()
        finally:
            await process.wait()  # after Ctrl-C too, so that SAM removes its container
    if process.returncode:
        raise StackError(f"sam local invoke failed with exit status {process.returncode}.")
    return answer.decode().strip()


def _variables(stack: LocalStack, function: str) -> str:
    layout: Layout = stack.layout
    if not (stack.is_up() and layout.environment.exists()):
        raise StackError("The local stack is not up. Run: make up")
    variables = layout.environment.read_text()
    functions: dict[str, Any] = json.loads(variables)
    if function not in functions:
        raise StackError(
            f"There is no function {function}. Functions: {', '.join(sorted(functions))}"
        )
    return variables


def _event(name: str) -> str:
    path = EVENTS / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in EVENTS.glob("*.json")))
        raise StackError(
            f"There is no event {name}. Events in {EVENTS.relative_to(PROJECT)}: {names}"
        )
    return str(path)


def _bridge() -> Bridge:
    description = _docker("network", "inspect", "bridge")
    if description is None:
        raise StackError(
            "Docker does not answer, and `make invoke` runs the function in a container. "
            "Install or start Docker, then run the command again. No other command needs Docker."
        )
    config = next(
        subnet for subnet in json.loads(description)[0]["IPAM"]["Config"] if "." in subnet["Subnet"]
    )
    network = IPv4Network(config["Subnet"])
    # Docker reports the gateway only if it was configured; otherwise it is the first address.
    return Bridge(network, IPv4Address(config.get("Gateway") or network[1]))


def _image(runtime: str) -> str:
    """Return the image in which SAM runs a function; the local build is for this machine."""
    version = runtime.removeprefix("python")
    return f"public.ecr.aws/lambda/python:{version}-{running_architecture()}"


def _docker(*arguments: str) -> str | None:
    program = shutil.which("docker")
    if program is None:
        return None
    ended = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    return None if ended.returncode else ended.stdout
