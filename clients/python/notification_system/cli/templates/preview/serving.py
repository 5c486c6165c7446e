"""Starts and stops the preview."""

from collections.abc import Iterator
from contextlib import contextmanager

from notification_system.cli.errors import CliError
from notification_system.cli.templates.preview.cached_workspace import CachedWorkspace
from notification_system.cli.templates.preview.server import PreviewServer
from notification_system.cli.templates.preview.watcher import Watcher
from notification_system.cli.templates.workspace import Workspace


@contextmanager
def serving(workspace: Workspace, port: int) -> Iterator[PreviewServer]:
    """Provide a server of the preview; the caller runs `serve_forever`.

    Args:
        workspace: the folder of templates, whose changes the page shows.
        port: of the loopback interface; 0 for a free one.

    Raises:
        CliError: the port is used.
    """
    watcher = Watcher([workspace.root])
    cached = CachedWorkspace(workspace.root, workspace.configuration)
    try:
        server = PreviewServer(cached, watcher, port)
    except OSError as error:
        raise CliError(f"Port {port} cannot be used: {error.strerror}.") from error
    watcher.start()
    try:
        yield server
    finally:
        watcher.stop()
        server.server_close()
