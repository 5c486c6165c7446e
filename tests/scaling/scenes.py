"""What an operation finds, of a user whom no other one has."""

from datetime import timedelta
from uuid import uuid4

from notification_core.domain.clock import utc_now
from notification_core.ports import Ports
from notification_core.usecases.consent.suppression import user_hashes
from tests.builders import a_record
from tests.functions.lambda_calls import Api
from tests.scaling.cloud import Cloud
from tests.scaling.operations import MODULE, Scene
from tests.scaling.stock import Kind, stock

#: The most notifications of a scene.
MOST = 20_000


def scene(
    ports: Ports, cloud: Cloud, kind: Kind, count: int, *, all_indexes: bool = False
) -> Scene:
    """Store so many notifications of a kind, a user and an address.

    `all_indexes` adds the index by the provider's ID, which costs writes of other operations.
    """
    user, address = f"user-{uuid4()}", f"+1202{uuid4().int % 10**7:07d}"
    [target] = [target for target in ports.targets.all() if target.name == "Twilio"]
    record = a_record(user=user, target=target.id, target_user_id=address)
    ports.records.add(record)
    now = utc_now() - MOST * timedelta(milliseconds=1) - timedelta(seconds=1)  # none is ahead
    facts = {"user": user, "target": target.id, "target_user_record": record.id, "module": MODULE}
    table, ids = stock(kind, count, now, all_indexes=all_indexes, **facts)
    cloud.hold(table)
    return Scene(Api(), ports, table, ids, user, record.id, address, target.id)


def warm(ports: Ports) -> None:
    """Read what a container keeps for a while, so that no operation is counted for reading it."""
    user_hashes(ports, "nobody")
    ports.targets.recent()
    ports.modules.recent()
