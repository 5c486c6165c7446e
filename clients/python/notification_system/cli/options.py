"""The options that all commands share, and the registration of commands."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option

from notification_system.cli.deployment import DeploymentOptions
from notification_system.cli.errors import from_exception
from notification_system.cli.session import Session
from notification_system.cli.times import Zone
from notification_system.version import __version__

WHERE = "Deployment (default: the local stack of the checkout you are in)"

#: The region, if it is not passed. The AWS SDK for Python reads only the second one itself. The
#: region of the profile comes last.
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

#: The options of every command, accepted before and after its name.
COMMON: Mapping[str, Any] = {
    "as_json": Annotated[
        bool, Option("--json", help="Print the API's JSON and nothing else.", show_default=False)
    ],
    "utc": Annotated[bool, Option("--utc", help="Show and read times in UTC.", show_default=False)],
    "local": Annotated[
        Path | None,
        Option(
            "--local",
            metavar="PATH",
            envvar="NOTIFY_LOCAL",
            help="stack.json of a local stack.",
            rich_help_panel=WHERE,
        ),
    ],
    "stack": Annotated[
        str | None,
        Option("--stack", envvar="NOTIFY_STACK", help="A stack on AWS.", rich_help_panel=WHERE),
    ],
    "region": Annotated[
        str | None,
        Option(
            "--region",
            envvar=list(REGION_VARIABLES),
            help="The region of the stack.",
            rich_help_panel=WHERE,
        ),
    ],
    "profile": Annotated[
        str | None,
        Option("--profile", help="A profile of your AWS configuration.", rich_help_panel=WHERE),
    ],
    "api_url": Annotated[
        str | None,
        Option(
            "--api-url", help="The URL of the API, if not the output ApiUrl.", rich_help_panel=WHERE
        ),
    ],
}

#: The common options that are switches.
FLAGS = frozenset({"as_json", "utc"})


def _print_version(value: bool) -> None:  # noqa: FBT001 - Typer passes it so
    if value:
        typer.echo(f"notify {__version__}")
        raise typer.Exit


VERSION = Annotated[
    bool,
    Option("--version", help="Show the version.", is_eager=True, callback=_print_version),
]


def command(app: typer.Typer, name: str, panel: str | None = None) -> Callable[..., Any]:
    """Register a function as a command: it gets a session, and the command the `COMMON` options."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        def run(context: typer.Context, **arguments: Any) -> None:
            common = dict(_common_options(context, arguments))
            output = {"json": common.pop("as_json"), "zone": Zone(utc=common.pop("utc"))}
            session = Session(DeploymentOptions(**common), **output)
            try:
                function(session, **arguments)
            except Exception as error:
                explained = from_exception(error, lambda: session.deployment.unreachable)
                raise explained or error from error

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        _set_signature(run, own)
        run.__doc__ = function.__doc__
        app.command(name, rich_help_panel=panel)(run)
        return function

    return register


def add_common_options(app: typer.Typer, description: str) -> None:
    """Accept the common options before the name of the command too, and `--version`."""

    def run(context: typer.Context, **options: Any) -> None:
        options.pop("version")
        context.obj = options

    kind = inspect.Parameter.KEYWORD_ONLY
    version = inspect.Parameter("version", kind, default=False, annotation=VERSION)
    _set_signature(run, [version])
    run.__doc__ = description
    app.callback()(run)


def _common_options(context: typer.Context, arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Take the common options out of a command's arguments; those before its name are defaults.

    An environment variable is the last choice, although Click reads it for both places.
    """
    before = context.obj or {}
    for name in COMMON:
        default = False if name in FLAGS else None
        value = arguments.pop(name)
        source = context.get_parameter_source(name)
        if source is not None and source.name == "ENVIRONMENT":
            value = None
        yield name, value or before.get(name) or default


def _set_signature(run: Any, own: list[inspect.Parameter]) -> None:
    """Set the signature from which Typer creates the options."""
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
    ]
    parameters += [parameter.replace(kind=kind) for parameter in own]
    for name, annotation in COMMON.items():
        default = False if name in FLAGS else None
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation))
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
