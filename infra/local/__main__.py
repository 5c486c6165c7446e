"""python -m infra.local up | down | status | clock | demo | invoke | runtime | build."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.local import clock, demo, invoke
from infra.local.build import build, build_lock
from infra.local.console_users import describe_console
from infra.local.layout import (
    PROJECT,
    Layout,
    StackError,
    running_runtime,
)
from infra.local.runtimes import available_runtime
from infra.local.stack import LocalStack

STATE = PROJECT / ".local"

#: The exit status of a shell command that SIGINT has ended.
INTERRUPTED = 130

#: What an interrupted command leaves behind.
_INTERRUPTED = {
    "up": "Processes that have started keep running. To stop them, run: make down",
    "demo": "All processes of the demo have stopped, unless the stack was up before.",
}


def main() -> int:
    """Run one command; print an expected failure as a single message."""
    options = parse()
    try:
        _run(options)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted. {_INTERRUPTED.get(options.command, '')}".rstrip(), file=sys.stderr)
        return INTERRUPTED
    return 0


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line; the default is the command line of this process."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--state", type=Path, default=STATE, help="folder for the stack's files")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start and deploy what is missing or has changed")
    up.add_argument("--persist", action="store_true", help="keep the data after the stack stops")
    _add_parameters(up)
    commands.add_parser("down", help="stop all processes")
    commands.add_parser("status", help="show the processes, URLs and queues")
    clock_ = commands.add_parser("clock", help="set or show the local time")
    clock_.add_argument("ahead", nargs="?", help="20m, 25h, 1d12h or 0")
    demo = commands.add_parser("demo", help="send notifications through every target")
    demo.add_argument("--keep", action="store_true", help="leave the stack running")
    _add_parameters(demo)
    call = commands.add_parser("invoke", help="run one function in a container")
    call.add_argument("function", help="logical ID in template.yaml")
    call.add_argument("event", help="name of a file in infra/events, without .json")
    commands.add_parser("runtime", help="print the Lambda runtime of the local functions")
    package = commands.add_parser("build", help="run sam build and compile the bytecode")
    package.add_argument("--runtime", help="by default one that this machine has")
    package.add_argument("--architecture", default="arm64", choices=["arm64", "x86_64"])
    return parser.parse_args(arguments)


def _add_parameters(command: argparse.ArgumentParser) -> None:
    """Add the template's parameters that have an effect on the local stack."""
    command.add_argument(
        "--email",
        choices=["ses", "smtp"],
        default="ses",
        help="transport of e-mails (EmailTransport)",
    )
    command.add_argument(
        "--credentials",
        choices=["SecretsManager", "ParameterStore"],
        default="SecretsManager",
        help="store of the providers' credentials (CredentialsIn)",
    )


def stack_of(options: argparse.Namespace) -> LocalStack:
    """Return the stack of a command, with the template parameters of its options."""
    parameters = {}
    if options.command in {"up", "demo"}:
        parameters = {"EmailTransport": options.email, "CredentialsIn": options.credentials}
    return LocalStack(options.state, parameters)


def _run(options: argparse.Namespace) -> None:
    stack = stack_of(options)
    commands: dict[str, Callable[[], None]] = {
        "up": lambda: _up(stack, persist=options.persist),
        "down": lambda: print(
            "All processes have stopped." if stack.down() else "Nothing was running."
        ),
        "status": lambda: print("\n".join(stack.status())),
        "clock": lambda: clock.main(stack, options.ahead),
        "demo": lambda: demo.main(stack, keep=options.keep),
        "invoke": lambda: invoke.main(stack, options.function, options.event),
        "runtime": lambda: print(running_runtime()),
        "build": lambda: _build(options),
    }
    commands[options.command]()


def _up(stack: LocalStack, *, persist: bool) -> None:
    access = stack.up(persist=persist)
    print(f"API        {access['api_url']}\nsimulator  {access['simulator_url']}")
    print(f"access     {stack.layout.stack}")
    print("\n".join(describe_console(access)))
    print(
        "\nOpen the simulator in a browser: its page is the inbox of every recipient."
        "\nSend a message:  .local/env/dev/bin/notify records add ann Email ann@example.com"
        '\n                 .local/env/dev/bin/notify send ann "Hello" "It works."'
        "\nStop everything: make down"
    )


def _build(options: argparse.Namespace) -> None:
    runtime = options.runtime or available_runtime()
    with build_lock():
        build(runtime, options.architecture, Layout(options.state).log("build"))


if __name__ == "__main__":
    sys.exit(main())
