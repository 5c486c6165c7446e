"""Consumes a full batch of large contents, and prints the most memory that the process ever had.

`python -m tests.entrypoints.large_batch URL`, where URL stands in for S3 and SES. Everything that
holds a content is real: the consumer, the use cases, the S3 adapter over botocore, the handler.
"""

import importlib.util
import json
import os
import sys
import time
from dataclasses import replace
from itertools import count
from types import ModuleType

from notification_core.adapters.s3_contents import S3Contents
from notification_core.domain.content import Content
from notification_core.domain.delivery import Delivery
from notification_core.entrypoints import consumer as edge
from notification_core.runtime.wiring import aws_client
from tests.architecture.templates import ROOT
from tests.benchmarks.worker import peak_megabytes
from tests.builders import World, a_notification
from tests.entrypoints.events import body, run

NOTIFICATIONS = 1000
#: E-mails that are composed and handed to SES. One takes 0.1 s of processor time, and the memory
#: is at its most when each thread has one, so the others are only held as long as a send takes.
COMPOSED = 40
SEND_SECONDS = 0.05


def email() -> ModuleType:
    """Return the e-mail target's handler."""
    path = ROOT / "functions" / "targets" / "email" / "handler.py"
    spec = importlib.util.spec_from_file_location("email_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(url: str) -> None:
    """Consume, and report."""
    os.environ |= {"AWS_ENDPOINT_URL": url, "EMAIL_FROM": "a@example.com"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "MODULE": "pigeon", "MAX_CONCURRENCY": "10"}
    world, handler, number = World(), email(), count()
    contents = S3Contents(lambda: aws_client("s3"), "contents")
    ports = replace(world.ports, contents=contents)
    vars(edge).update(ports=lambda: ports)

    def send(delivery: Delivery) -> object:
        assert len(delivery.body) > 100_000
        if next(number) < COMPOSED:
            return handler.send(delivery)
        time.sleep(SEND_SECONDS)
        return None

    made = [
        a_notification(
            target_user_record=world.record.id,
            content=Content(title="", body="", key=f"soon/user/{n}.json"),
        )
        for n in range(NOTIFICATIONS)
    ]
    world.notifications.create(made)
    bodies = [body(*made[start : start + 100]) for start in range(0, NOTIFICATIONS, 100)]
    consume = edge.consumer(send, parallel=handler.MAX_CONNECTIONS)  # type: ignore[arg-type]
    again = run(consume, *bodies)
    ends = {world.stored(each).timeline[-1] for each in made}
    said = {f"{end.event} {end.code} {end.detail}".strip() for end in ends}
    result = {"megabytes": peak_megabytes(), "again": again, "ends": sorted(said)}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
