"""The entry point of the `notify` command and of `python -m notification_system.cli`."""

import sys

#: The modules that only the extra `cli` installs.
EXTRA = frozenset({"boto3", "jsonschema", "rich", "typer"})


def main() -> None:
    """Run one command, or name the missing extra."""
    try:
        from notification_system.cli import app  # noqa: PLC0415 - its imports may be missing
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        sys.exit(f"{error.name} is missing. Run: pip install 'notification-system[cli]'")
    app.main()


if __name__ == "__main__":
    main()
