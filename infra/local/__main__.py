"""python -m infra.local up | down | status | clock | demo | invoke | runtime | build."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.local import clock, demo, invoke
from infra.local.build import build, build_lock
from infra.local.layout import (
    PROJECT,
    Layout,
    StackError,
    running_architecture,
    running_runtime,
)
from infra.local.stack import LocalStack

STATE = PROJECT / ".local"


def main() -> int:
    """Run one command; tell a failure in one plain message."""
    options = parse()
    try:
        _run(options)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line, by default this process's."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--state", type=Path, default=STATE, help="folder for all that it keeps")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start and deploy, as far as needed")
    up.add_argument("--persist", action="store_true", help="keep the data when it goes down")
    _add_parameters(up)
    commands.add_parser("down", help="end everything")
    commands.add_parser("status", help="say what runs")
    clock_ = commands.add_parser("clock", help="move the local time, or tell it")
    clock_.add_argument("ahead", nargs="?", help="20m, 25h, 1d12h or 0")
    demo = commands.add_parser("demo", help="show one notification through each target")
    demo.add_argument("--keep", action="store_true", help="leave the stack up")
    _add_parameters(demo)
    call = commands.add_parser("invoke", help="run one function in a container")
    call.add_argument("function", help="its name in template.yaml")
    call.add_argument("event", help="a file of infra/events, without .json")
    commands.add_parser("runtime", help="name the runtime that functions have here")
    package = commands.add_parser("build", help="sam build, with bytecode")
    package.add_argument("--runtime", default=running_runtime())
    package.add_argument("--architecture", default=running_architecture())
    return parser.parse_args(arguments)


def _add_parameters(command: argparse.ArgumentParser) -> None:
    """Add the template's parameters that make a difference on a laptop."""
    command.add_argument(
        "--email", choices=["ses", "smtp"], default="ses", help="how e-mail goes (EmailTransport)"
    )
    command.add_argument(
        "--credentials",
        choices=["SecretsManager", "ParameterStore"],
        default="SecretsManager",
        help="where the providers' credentials lie (CredentialsIn)",
    )


def stack_of(options: argparse.Namespace) -> LocalStack:
    """Return the stack that a command works on, with the template's parameters as it asks."""
    parameters = {}
    if options.command in {"up", "demo"}:
        parameters = {"EmailTransport": options.email, "CredentialsIn": options.credentials}
    return LocalStack(options.state, parameters)


def _run(options: argparse.Namespace) -> None:
    stack = stack_of(options)
    commands: dict[str, Callable[[], None]] = {
        "up": lambda: _up(stack, persist=options.persist),
        "down": lambda: print("Everything has ended." if stack.down() else "Nothing was running."),
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


def _build(options: argparse.Namespace) -> None:
    with build_lock():
        build(options.runtime, options.architecture, Layout(options.state).log("build"))


if __name__ == "__main__":
    sys.exit(main())
