"""The state machine and the claim protocol, under Hypothesis.

`machine.py` says what may happen, `invariants.py` what must hold whatever happens, `rest.py` what
must hold when all has come to rest. `stepper.py` runs the use cases one port call at a time,
`faults.py` makes the ports fail, `worlds.py` has the ports: in memory, or over the emulator.

`MODEL_EXAMPLES` is how many examples each world runs, for those who have more time:

    MODEL_EXAMPLES=2000 pytest tests/model -k memory
    MODEL_EXAMPLES=200 pytest tests/model -k emulator
"""
