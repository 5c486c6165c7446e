"""Command line: `python -m tests.benchmarks.stub --latency-ms 6`; prints its URL when ready."""

import argparse
import asyncio
import json

from tests.benchmarks.stub.cloud import Cloud
from tests.benchmarks.stub.http import Connection

HOST = "127.0.0.1"


async def serve(latency: float) -> None:
    """Serve until the process is stopped; print one line of JSON, ``{"url"}``, when ready."""
    cloud = Cloud()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(cloud.handle, latency), HOST, 0, backlog=512
    )
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://{HOST}:{port}"}), flush=True)
    await server.serve_forever()


def main() -> None:
    """Parse the options and run the server."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.stub", description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=6, help="before each answer starts")
    asyncio.run(serve(parser.parse_args().latency_ms / 1000))


if __name__ == "__main__":
    main()
