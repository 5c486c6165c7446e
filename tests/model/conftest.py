"""The state machine and the claim protocol, under Hypothesis.

`machine.py` says what may happen, `rest.py` what must hold when all has come to rest, and
`stories_*.py` tell the courses of events that matter most (`storyteller.py`).

What must hold whatever happens: `calls.py` of each call of the provider, `changes.py` of each
change of a notification, `invariants.py` of claims, cursors and the index, `people.py` of answers.

What it is made of: `stepper.py` runs use cases one port call at a time, `faults.py` makes the ports
fail, `lagging_index.py` makes indexes late, `consumers.py` runs the edge's code, `ledger.py`,
`promises.py` and `provider.py` write down what really happened, `scene.py`, `people.py` and
`stage.py` begin each use case and hear what comes of it, and `worlds.py` has the ports: in memory,
or over the emulator. `mutations.py` breaks what all this must notice. Why it is so:
docs/decisions/0022 and 0048.

The environment variable `MODEL_EXAMPLES` is how many examples each world runs (400 in memory and 5
in the emulator without it), for those who have more time:

    MODEL_EXAMPLES=2000 pytest tests/model -k holds_in_memory
    MODEL_EXAMPLES=200 pytest tests/model -k holds_in_the_emulator
"""
