"""Counts the requests of each step: the real functions run against the stub of AWS."""

from notification_system.cost.counts import Counts
from notification_system.cost.step import BATCH, MESSAGES, Step
from notification_system.cost.usage import BODY
from tests.benchmarks.steps import Steps, steps

#: Characters of a body that is stored in the item, and of a body that is stored in S3.
SHORT, LONG = BODY, 2000
#: Due notifications of a tick that has work to do.
DUE = 100
#: Seconds after which a tick sweeps again.
SWEEP = 120
#: Name of a step, the stub's tables, and the fields of the request.
SEARCHABLE: tuple[tuple[str, dict[str, bool], dict[str, str]], ...] = (
    ("reference", {}, {"reference": "order-4711"}),
    ("provider_id", {"provider_id_index": True}, {}),
)


def count() -> Counts:
    """Run every step against the stub, which takes about half a minute."""
    with steps() as running:
        alone, size = _alone(running)
        return Counts(
            steps={
                **alone,
                **_long(running),
                **_in_bulk(running),
                **_counted(running),
                **_searchable(running),
                **_clock(running),
            },
            item_bytes=size,
        )


def _alone(running: Steps, *, console: bool = False) -> tuple[dict[str, Step], int]:
    running.reset(users=1, console=console)
    create = running.create([0], "x" * SHORT, batch=False)
    [notification] = running.ids()
    deliver = running.deliver()
    confirm = running.confirm([notification])
    alone = {"create": create, "deliver": deliver, "confirm": confirm}
    return alone, running.item_bytes()


def _long(running: Steps) -> dict[str, Step]:
    running.reset(users=1)
    create = running.create([0], "x" * LONG, batch=False)
    return {"create_long": create, "deliver_long": running.deliver()}


def _searchable(running: Steps) -> dict[str, Step]:
    """Count a notification with a reference, and one where the index by provider ID exists."""
    steps = {}
    for name, scenario, fields in SEARCHABLE:
        running.reset(users=1, **scenario)
        steps[f"create_{name}"] = running.create([0], "x" * SHORT, batch=False, **fields)
        [notification] = running.ids()
        steps[f"deliver_{name}"] = running.deliver()
        steps[f"confirm_{name}"] = running.confirm([notification])
    return steps


def _counted(running: Steps) -> dict[str, Step]:
    """Count the steps that store counters for the console."""
    alone, _ = _alone(running, console=True)
    counted = alone | _in_bulk(running, console=True)
    return {f"{name}_counted": step for name, step in counted.items() if "create" not in name}


def _in_bulk(running: Steps, *, console: bool = False) -> dict[str, Step]:
    users = range(BATCH * MESSAGES)
    running.reset(users=len(users), console=console)
    create = running.create(users[:BATCH], "x" * SHORT, batch=True)
    running.create(users[BATCH:], "x" * SHORT, batch=True)
    ids = running.ids()
    deliver = running.deliver()
    confirm = running.confirm(ids[:MESSAGES])
    return {"create_bulk": create, "deliver_bulk": deliver, "confirm_bulk": confirm}


def _clock(running: Steps) -> dict[str, Step]:
    """Count an idle tick, a tick that also sweeps, and a tick that enqueues notifications."""
    running.reset()
    running.tick()  # the first tick of a new deployment
    idle, sweep = running.tick(), running.tick(ahead=SWEEP)
    running.reset(waiting=DUE, spread=60.0)
    running.tick(ahead=-SWEEP)
    busy = running.tick()
    return {
        "tick": idle,
        "tick_sweep": sweep,
        "tick_busy": busy,
        "dead_letters": running.read_dead_letters(),
    }
