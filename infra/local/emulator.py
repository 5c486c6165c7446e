"""Starts the AWS emulator and the providers' simulator as background processes."""

import json
import os
import socket
import sys
import time
from dataclasses import asdict, dataclass

from infra.local.daemons import Daemon
from infra.local.layout import PROJECT, REGION, ROOT_KEY, STACK, Layout, StackError, tool
from infra.simulator import clock

SERVICES = (
    "apigateway",
    "cloudformation",
    "cognito-idp",
    "dynamodb",
    "events",
    "iam",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "scheduler",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "sts",
)

#: Seconds that a restarted emulator has to finish its current requests.
RESTART_SECONDS = 75
#: The state is in many files, which are written one after the other. After this many seconds
#: without a write, all files are written.
SETTLED_SECONDS = 2


@dataclass(frozen=True)
class Ports:
    """The ports of the two processes, and whether the emulator keeps its data."""

    emulator: int
    simulator: int
    smtp: int
    persist: bool = False

    @property
    def endpoint(self) -> str:
        """The emulator's URL."""
        return f"http://127.0.0.1:{self.emulator}"

    @property
    def simulator_url(self) -> str:
        """The simulator's URL."""
        return f"http://127.0.0.1:{self.simulator}"


def last_ports(layout: Layout) -> Ports | None:
    """Return the ports of the current or the last run; None before the first run."""
    try:
        return Ports(**json.loads(layout.ports.read_text()))
    except FileNotFoundError:
        return None


def choose_ports(layout: Layout, *, persist: bool) -> Ports:
    """Reuse the last run's ports, so that URLs stay the same; replace those that are in use."""
    last = last_ports(layout)
    wanted = (last.emulator, last.simulator, last.smtp) if last else (0, 0, 0)
    if last and persist and layout.data.exists() and not _free(last.emulator):
        raise StackError(
            f"Port {last.emulator} is in use, and URLs in the kept data contain it. "
            f"Stop the process that uses it, or remove {layout.data} to start without data."
        )
    emulator, simulator, smtp = (port if port and _free(port) else _any_port() for port in wanted)
    ports = Ports(emulator, simulator, smtp, persist)
    layout.ports.write_text(json.dumps(asdict(ports)))
    return ports


def start_emulator(daemon: Daemon, layout: Layout, ports: Ports) -> None:
    """Start the emulator with a minimal environment, because its functions inherit it."""
    program = PROJECT / "infra" / "local" / "emulator_process.py"
    command = [str(tool("emulator", "python")), "-P", str(program)]
    layout.scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.defpath,
        "HOME": str(layout.scratch),
        "TMPDIR": str(layout.scratch),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(ports.emulator),
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SERVICES": ",".join(SERVICES),
        "S3_DATA_DIR": str(layout.data / "s3"),
        "STATE_DIR": str(layout.data),
        clock.VARIABLE: str(layout.clock),
    }
    if ports.persist:
        environment |= {"PERSIST_STATE": "1", "S3_PERSIST": "1"}
    daemon.start(command, environment)


def restart_emulator(daemon: Daemon, layout: Layout, ports: Ports) -> None:
    """Restart the emulator with its kept state. Raises StackError if it wrote no state."""
    began = time.time()
    # A regular exit would take longer, because it waits for every running function.
    daemon.stop(RESTART_SECONDS, lambda: began <= _kept_at(layout) < time.time() - SETTLED_SECONDS)
    if _kept_at(layout) < began:
        raise StackError(f"The emulator wrote no state within {RESTART_SECONDS} s.")
    start_emulator(daemon, layout, ports)
    daemon.wait_for(f"{ports.endpoint}/_ministack/health")


def _kept_at(layout: Layout) -> float:
    """Return when the emulator last wrote its state, in seconds since 1970."""
    return max((file.stat().st_mtime for file in layout.data.glob("*.json")), default=0)


def start_simulator(daemon: Daemon, layout: Layout, ports: Ports) -> None:
    """Start the simulator of Twilio, Expo, SES and an SMTP server."""
    command = [sys.executable, "-m", "infra.simulator", "--emulator-url", ports.endpoint]
    command += ["--port", str(ports.simulator), "--smtp-port", str(ports.smtp)]
    command += ["--log-group", f"/aws/lambda/{STACK}"]
    environment = {
        "PATH": os.defpath,
        "HOME": str(layout.root),
        "PYTHONPATH": str(PROJECT),
        clock.VARIABLE: str(layout.clock),
        "AWS_REGION": REGION,
        **ROOT_KEY,
    }
    daemon.start(command, environment)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return not _refused(probe, port)


def _refused(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return True
    return False


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
