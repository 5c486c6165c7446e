"""Runs the HTTP and the mail server on one loop until SIGTERM or SIGINT."""

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from infra.simulator import inbox, webhook_receiver
from infra.simulator.aws import event_bus
from infra.simulator.aws.cloudwatch_emulation import emulate_cloudwatch
from infra.simulator.expo import api as expo_api
from infra.simulator.mail import ses_api, smtp_server
from infra.simulator.settings import HOST, Settings
from infra.simulator.state import Simulator
from infra.simulator.twilio import api as twilio_api
from infra.simulator.twilio import inbound_replies, status_callbacks

#: Longer than any client keeps an idle connection, so that the server never closes one first.
_KEEP_ALIVE_SECONDS = 75

_MODULES = (
    twilio_api,
    status_callbacks,
    inbound_replies,
    expo_api,
    ses_api,
    event_bus,
    webhook_receiver,
    inbox,
)


class _Server(uvicorn.Server):
    """Uvicorn with a line of output when it is ready and with its own signal handlers.

    Uvicorn would raise the signal again after a clean shutdown, and so exit with a failure.
    """

    def __init__(self, config: uvicorn.Config, mail_server: asyncio.Server) -> None:
        super().__init__(config)
        self.mail_server = mail_server

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, setattr, self, "should_exit", True)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        ready = {
            "url": f"http://{HOST}:{_port(self.servers[0])}",
            "smtp_port": _port(self.mail_server),
        }
        print(json.dumps(ready), flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A client that is kept waiting on purpose would delay the shutdown.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


async def serve(settings: Settings) -> None:
    """Serve until a signal; print one line of JSON, ``{"url", "smtp_port"}``, when ready."""
    simulator = Simulator(settings)
    app = Starlette(
        routes=[route for module in _MODULES for route in module.routes],
    )
    async with await smtp_server.listen(simulator, settings.smtp_port) as mail_server:
        server = _Server(_config(app, settings.port), mail_server)
        app.state.simulator = simulator
        app.state.connections = server.server_state.connections
        simulator.outgoing.start(emulate_cloudwatch(settings))
        try:
            await server.serve()
        finally:
            await simulator.outgoing.end()


def _config(app: Starlette, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        access_log=False,
        lifespan="off",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws="none",
    )


def _port(server: asyncio.Server | asyncio.base_events.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
