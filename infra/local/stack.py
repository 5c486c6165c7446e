"""The local stack: starts, stops and describes it."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.local.build import build, build_lock, deploy, digest, is_deployed
from infra.local.caller import loopback_session
from infra.local.cloud import Cloud
from infra.local.console_users import make_console_users
from infra.local.daemons import Daemon, answers
from infra.local.emulator import (
    Ports,
    choose_ports,
    last_ports,
    restart_emulator,
    start_emulator,
    start_simulator,
)
from infra.local.ignored_settings import apply_ignored_settings
from infra.local.layout import REGION, STACK, Layout, StackError
from infra.local.parameters import parameters_of

#: Seconds that the emulator has to write its state before it stops.
PERSIST_SECONDS = 20


def _say(text: str) -> None:
    print(text, end="", flush=True)


class LocalStack:
    """One emulator, one simulator and one deployed stack, with all their state in one folder.

    A second stack in another folder uses other ports, so a test can have its own stack.
    """

    def __init__(
        self,
        root: Path,
        parameters: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _say,
    ) -> None:
        self.layout = Layout(root.resolve())
        self._parameters = dict(parameters or {})
        self._say = say
        self._emulator = Daemon("emulator", self.layout)
        self._simulator = Daemon("simulator", self.layout)

    def up(self, *, persist: bool = False) -> dict[str, Any]:
        """Start missing processes and deploy changes; return the access data for clients."""
        began = time.monotonic()
        self.layout.root.mkdir(parents=True, exist_ok=True)
        ports = self._start_processes(persist=persist)
        cloud = Cloud(ports.endpoint)
        parameters = {**parameters_of(ports), **self._parameters}
        state = digest(json.dumps(parameters, sort_keys=True))
        if is_deployed(self.layout, state, cloud.stack_id()) and self.layout.stack.exists():
            self._say(f"Already up: {time.monotonic() - began:.1f} s\n")
        else:
            if cloud.stack_id() is None:  # the file of another stack is not valid here
                self.layout.stack.unlink(missing_ok=True)
            self._deploy(cloud, ports, parameters)
            self._write_access(cloud, ports, parameters)
            self._mark_deployed(state, cloud)
            self._say(f"Up after {time.monotonic() - began:.1f} s\n")
        self._tell_simulator()
        return self.access()

    def clock_offset(self) -> timedelta:
        """Return how far the local time is ahead of the real time."""
        try:
            return timedelta(seconds=float(self.layout.clock.read_text()))
        except FileNotFoundError:
            return timedelta(0)

    def set_clock(self, ahead: timedelta) -> None:
        """Set how far the local time is ahead of the real time."""
        self.layout.clock.write_text(str(ahead.total_seconds()))

    def is_up(self) -> bool:
        """Return whether both processes run."""
        return self._emulator.pid is not None and self._simulator.pid is not None

    def down(self) -> bool:
        """Stop both processes and their children; return whether any was running."""
        ports = last_ports(self.layout)
        keeps = ports is not None and ports.persist
        ended = [
            self._simulator.stop(),
            self._emulator.stop(PERSIST_SECONDS) if keeps else self._emulator.stop(),
        ]
        shutil.rmtree(self.layout.scratch, ignore_errors=True)
        return any(ended)

    def restart_emulator(self) -> None:
        """Restart the emulator with its kept data; the simulator keeps running.

        Raises:
            StackError: the emulator is not up, keeps no data, or did not write its state in time.
        """
        ports = last_ports(self.layout)
        if ports is None or not ports.persist or self._emulator.pid is None:
            raise StackError("Only an emulator that is up and keeps its data can be restarted.")
        restart_emulator(self._emulator, self.layout, ports)

    @property
    def emulator_pid(self) -> int | None:
        """The emulator's process id; the workers of the functions are its children."""
        return self._emulator.pid

    def access(self) -> dict[str, Any]:
        """Return the access data that the last `up` wrote."""
        try:
            access: dict[str, Any] = json.loads(self.layout.stack.read_text())
        except FileNotFoundError:
            raise StackError("There is no local stack yet. Run: make up") from None
        return access

    def status(self) -> list[str]:
        """Return lines about the processes, the URLs and the messages in the queues."""
        ports = last_ports(self.layout)
        lines = [
            f"{daemon.name:10} {f'runs as {daemon.pid}' if daemon.pid else 'is down'}"
            for daemon in (self._emulator, self._simulator)
        ]
        if ports is None or self._emulator.pid is None:
            return lines
        cloud = Cloud(ports.endpoint)
        if cloud.stack_id() is None:
            return [*lines, "stack      is not deployed"]
        access = self.access()
        lines += [f"{name:10} {access[f'{name}_url']}" for name in ("api", "endpoint", "simulator")]
        lines += [f"function   {name}: {real}" for name, real in cloud.functions().items()]
        lines += [
            f"queue      {name}: {visible} waiting, {others} delayed or in flight"
            for name, visible, others in cloud.queue_depths()
        ]
        return lines

    def _start_processes(self, *, persist: bool) -> Ports:
        ports = last_ports(self.layout)
        if ports is None or self._emulator.pid is None:
            self._simulator.stop()  # it was started with the emulator's old port
            ports = choose_ports(self.layout, persist=persist)
            if not persist:
                self.layout.clock.unlink(missing_ok=True)
            start_emulator(self._emulator, self.layout, ports)
        elif persist and not ports.persist:
            raise StackError(
                "The running stack does not keep its data. Run: make down, then up again"
            )
        if self._simulator.pid is None:
            start_simulator(self._simulator, self.layout, ports)
        for daemon, url in (
            (self._emulator, f"{ports.endpoint}/_ministack/health"),
            (self._simulator, f"{ports.simulator_url}/health"),
        ):
            if not answers(url):
                with self._step(f"starting the {daemon.name}"):
                    daemon.wait_for(url)
        return ports

    def _deploy(self, cloud: Cloud, ports: Ports, parameters: Mapping[str, str]) -> None:
        with build_lock():
            with self._step("building"):
                build(
                    parameters["PythonRuntime"],
                    parameters["Architecture"],
                    self.layout.log("build"),
                )
            with self._step("deploying"):
                self._sam_deploy(cloud, parameters)
        apply_ignored_settings(cloud)
        cloud.fill_credentials(ports.smtp, parameters.get("CredentialsIn"))
        cloud.verify_sender(parameters["EmailFrom"])
        with self._step("starting the functions"):
            cloud.warm_up()

    def _sam_deploy(self, cloud: Cloud, parameters: Mapping[str, str]) -> None:
        cloud.remove_failed_stack()
        try:
            deploy(cloud.endpoint, cloud.make_bucket(), parameters, self.layout.log("deploy"))
        except StackError as error:
            raise StackError("\n".join([str(error), "", *cloud.failures()])) from error

    def _write_access(self, cloud: Cloud, ports: Ports, parameters: Mapping[str, str]) -> None:
        outputs = cloud.outputs()
        functions = cloud.functions()
        previous = self.access() if self.layout.stack.exists() else None
        api_id = outputs["ApiId"]
        access = {
            # With the id in the path, because not every resolver knows <id>.execute-api.localhost.
            "api_url": f"{ports.endpoint}/_aws/execute-api/{api_id}/v1",
            "api_host_url": f"http://{api_id}.execute-api.localhost:{ports.emulator}/v1",
            "region": REGION,
            **cloud.make_caller(previous),
            **cloud.make_operator(
                [outputs["OperatorPolicyArn"], outputs["SmokePolicyArn"]], previous
            ),
            **self._console_access(cloud, outputs, previous),
            "endpoint_url": ports.endpoint,
            "simulator_url": ports.simulator_url,
            "smtp_port": ports.smtp,
            "stack_name": STACK,
            "runtime": parameters["PythonRuntime"],
            "email_from": parameters["EmailFrom"],
            "functions": functions,
            "outputs": outputs,
        }
        _write_private(self.layout.stack, access)
        _write_private(
            self.layout.environment,
            {name: cloud.variables(function) for name, function in functions.items()},
        )

    def _console_access(
        self, cloud: Cloud, outputs: Mapping[str, str], previous: Mapping[str, Any] | None
    ) -> dict[str, str]:
        """Return the URL and the login of the console, if it is deployed."""
        if "ConsoleUrl" not in outputs:
            return {}
        client = cloud.client("cognito-idp")
        login = make_console_users(client, outputs["UserPoolId"], previous)
        return {"console_url": outputs["ConsoleUrl"], **login}

    def _tell_simulator(self) -> None:
        """Set the URL for replies, as in Twilio's console."""
        access = self.access()
        settings = {"sms_url": access["outputs"]["TwilioMessagesUrl"]}
        with loopback_session() as session:
            answer = session.put(
                f"{access['simulator_url']}/twilio/number", json=settings, timeout=10
            )
            answer.raise_for_status()

    def _mark_deployed(self, state: str, cloud: Cloud) -> None:
        marker = {"digest": state, "stack_id": cloud.stack_id()}
        self.layout.deployed.write_text(json.dumps(marker))

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        self._say(f"  {name} ... ")
        try:
            yield
        finally:
            self._say(f"{time.monotonic() - began:.1f} s\n")


def _write_private(path: Path, content: Mapping[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")
