"""The AWS emulator and the providers' simulator, as background processes."""

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

#: How long one that is to be restarted may let the requests that are under way end.
RESTART_SECONDS = 75
#: Its state is many files, written one after the other; after so long no more comes.
SETTLED_SECONDS = 2


@dataclass(frozen=True)
class Ports:
    """Where the two processes listen, and whether the emulator keeps its data."""

    emulator: int
    simulator: int
    smtp: int
    persist: bool = False

    @property
    def endpoint(self) -> str:
        """Give the emulator's URL."""
        return f"http://127.0.0.1:{self.emulator}"

    @property
    def simulator_url(self) -> str:
        """Give the simulator's URL."""
        return f"http://127.0.0.1:{self.simulator}"


def last_ports(layout: Layout) -> Ports | None:
    """Read the ports of this or the last run."""
    try:
        return Ports(**json.loads(layout.ports.read_text()))
    except FileNotFoundError:
        return None


def choose_ports(layout: Layout, *, persist: bool) -> Ports:
    """Take the last run's ports, so that URLs stay, or others where those are in use now."""
    last = last_ports(layout)
    wanted = (last.emulator, last.simulator, last.smtp) if last else (0, 0, 0)
    if last and persist and layout.data.exists() and not _free(last.emulator):
        raise StackError(
            f"Port {last.emulator} is in use, and the kept data's URLs contain it. "
            f"End what listens there, or remove {layout.data} to begin anew."
        )
    emulator, simulator, smtp = (port if port and _free(port) else _any_port() for port in wanted)
    ports = Ports(emulator, simulator, smtp, persist)
    layout.ports.write_text(json.dumps(asdict(ports)))
    return ports


def start_emulator(daemon: Daemon, layout: Layout, ports: Ports) -> None:
    """Start the emulator; its functions inherit this environment, so it is a bare one."""
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
    """End it and start it again with what it has kept. Raises StackError: that was nothing."""
    began = time.time()
    # Its own end would take longer: it waits for every function that it has called.
    daemon.stop(RESTART_SECONDS, lambda: began <= _kept_at(layout) < time.time() - SETTLED_SECONDS)
    if _kept_at(layout) < began:
        raise StackError(f"The emulator wrote no state within {RESTART_SECONDS} s.")
    start_emulator(daemon, layout, ports)
    daemon.wait_for(f"{ports.endpoint}/_ministack/health")


def _kept_at(layout: Layout) -> float:
    """When the emulator wrote of its state last, in seconds since 1970."""
    return max((file.stat().st_mtime for file in layout.data.glob("*.json")), default=0)


def start_simulator(daemon: Daemon, layout: Layout, ports: Ports) -> None:
    """Start the stand-in for Twilio, Expo, SES and an SMTP server."""
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
