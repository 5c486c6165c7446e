"""How often the proxy's faults strike, and when."""

from infra.chaos.faults import Rates

#: The weather: from when on, as a share of the time, how often each fault strikes.
WEATHER = (
    (
        0.0,
        Rates(
            throttled=0.01,
            failed=0.01,
            cut_before=0.005,
            cut_after=0.005,
            delayed=0.02,
            statement_refused=0.01,
            statement_unsaid=0.01,
            message_refused=0.05,
            message_dropped=0.1,
            message_doubled=0.1,
        ),
    ),
    (0.35, Rates(throttled=0.4, failed=0.15, statement_refused=0.2, message_refused=0.2)),
    (0.45, Rates(cut_before=0.1, cut_after=0.15, delayed=0.1, message_dropped=0.3)),
    (
        0.65,
        Rates(
            throttled=0.05,
            cut_after=0.05,
            statement_unsaid=0.15,
            message_dropped=0.2,
            message_doubled=0.3,
        ),
    ),
)
