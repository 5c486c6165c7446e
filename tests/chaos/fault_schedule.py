"""The rates of the proxy's faults over time."""

from tests.chaos.faults import Fault, Rates

#: Phases of the run: the start, as a share of the time, and the rate of each fault.
FAULT_SCHEDULE: tuple[tuple[float, Rates], ...] = (
    (
        0.0,
        {
            Fault.THROTTLED: 0.01,
            Fault.FAILED: 0.01,
            Fault.CUT_BEFORE: 0.005,
            Fault.CUT_AFTER: 0.005,
            Fault.DELAYED: 0.02,
            Fault.STATEMENT_REFUSED: 0.01,
            Fault.STATEMENT_UNREPORTED: 0.01,
            Fault.MESSAGE_REFUSED: 0.05,
            Fault.MESSAGE_DROPPED: 0.1,
            Fault.MESSAGE_DOUBLED: 0.1,
        },
    ),
    (
        0.35,
        {
            Fault.THROTTLED: 0.4,
            Fault.FAILED: 0.15,
            Fault.STATEMENT_REFUSED: 0.2,
            Fault.MESSAGE_REFUSED: 0.2,
        },
    ),
    (
        0.45,
        {
            Fault.CUT_BEFORE: 0.1,
            Fault.CUT_AFTER: 0.15,
            Fault.DELAYED: 0.1,
            Fault.MESSAGE_DROPPED: 0.3,
        },
    ),
    (
        0.65,
        {
            Fault.THROTTLED: 0.05,
            Fault.CUT_AFTER: 0.05,
            Fault.STATEMENT_UNREPORTED: 0.15,
            Fault.MESSAGE_DROPPED: 0.2,
            Fault.MESSAGE_DOUBLED: 0.3,
        },
    ),
)
