"""How long the model runs, and over which world."""

import os
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine
from tests.model.worlds import MakeWorld

ASKED = os.environ.get("MODEL_EXAMPLES")
#: Examples without a wish: seconds, and many of them in memory.
IN_MEMORY = int(ASKED or 400)
IN_THE_EMULATOR = int(ASKED or 5)

STEPS = 50

#: Seconds for making a failure shorter.
SHRINKING = int(os.environ.get("MODEL_SHRINKING", "20"))


def run(world: MakeWorld, examples: int, *, shrink: bool = True) -> None:
    """Run that many examples. Raises what the model finds, with all that led to it."""

    class Here(Machine):
        """The machine over this world."""

    Here.world = staticmethod(world)
    phases = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
    given = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=[*HealthCheck],
        phases=phases if shrink else [Phase.generate],
        report_multiple_bugs=False,
    )
    # Steps are many and slow to try again: what is found is worth more soon than when it is short.
    with patch("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", SHRINKING):
        run_state_machine_as_test(Here, settings=given)
