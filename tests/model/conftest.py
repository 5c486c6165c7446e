"""The state machine and the claim protocol, under Hypothesis.

`machine.py` says what may happen, `invariants.py` what must hold whatever happens, `rest.py` what
must hold when all has come to rest; `stories.py` tells the courses of events that matter most.
`stepper.py` runs use cases one port call at a time, `faults.py` makes the ports fail, `ledger.py`
writes down what really happened, `stage.py` begins each use case and hears what comes of it, and
`worlds.py` has the ports: in memory, or over the emulator. `mutations.py` breaks what all this
must notice. Why it is so: docs/decisions/0022.

The environment variable `MODEL_EXAMPLES` is how many examples each world runs (400 in memory and 5
in the emulator without it), for those who have more time:

    MODEL_EXAMPLES=2000 pytest tests/model -k holds_in_memory
    MODEL_EXAMPLES=200 pytest tests/model -k holds_in_the_emulator
"""
