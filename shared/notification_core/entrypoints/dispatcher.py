"""Entry point for the dispatcher: its time limit, its metrics and its log line."""

from collections import defaultdict
from typing import Any

from notification_core.runtime.observability import JOBS, bind_request, emit, log_failure, logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration.jobs import wake_stalled
from notification_core.usecases.queries.overdue import overdue_ages
from notification_core.usecases.sending.dispatch import ShardDispatchResult, dispatch

#: Milliseconds before the time limit at which it stops. The next tick continues at its cursors.
RESERVE_MS = 10_000


def dispatch_event(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run one tick; returns `{"enqueued", "swept", "complete"}` over all modules."""
    bind_request(context)
    done = dispatch(ports(), lambda: context.get_remaining_time_in_millis() < RESERVE_MS)
    by_module: dict[str, list[ShardDispatchResult]] = defaultdict(list)
    for result in done:
        by_module[result.module].append(result)
    asked = {name: _shards_of(some) for name, some in by_module.items()}
    ages = overdue_ages(ports(), asked)
    for module, shards in by_module.items():
        emit(module, _counts(shards), seconds={"BacklogAge": ages.get(module, 0)})
    _wake_jobs()
    total = _counts(done)
    logger.info("tick", extra={**total, "backlog_age": ages})
    return {
        "enqueued": total["Enqueued"],
        "swept": total["Swept"],
        "complete": not total["Incomplete"],
    }


def _wake_jobs() -> None:
    try:
        emit(JOBS, {"StalledJobs": len(wake_stalled(ports()))})
    except Exception as error:  # noqa: BLE001 - notifications are enqueued; the next tick retries
        log_failure("stalled jobs could not be woken", error)


def _shards_of(done: list[ShardDispatchResult]) -> list[str]:
    return [shard for result in done for shard in result.shards]


def _counts(shards: list[ShardDispatchResult]) -> dict[str, int]:
    return {
        "Enqueued": sum(shard.enqueued for shard in shards),
        "Swept": sum(shard.swept for shard in shards),
        "Incomplete": sum(not shard.complete for shard in shards),
        "Paused": sum(shard.paused for shard in shards),
    }
