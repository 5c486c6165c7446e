"""The durations that the system hangs together by, and the rules between them.

`tests/architecture` holds the template to these: the schedule's rate, the functions' time limits.
"""

from datetime import timedelta

#: The dispatcher's clock.
TICK = timedelta(minutes=1)

#: How far ahead a tick enqueues: a tick may come half a minute late and nothing is.
LOOK_AHEAD = timedelta(seconds=90)

#: A creator enqueues what is due within this. It exceeds the look-ahead by the time that the due
#: index may take to show a new entry, so no notification falls between creator and dispatcher.
SELF_ENQUEUE = LOOK_AHEAD + timedelta(seconds=15)

#: A message comes this much before its time, and its consumer waits for the exact moment: a
#: queue's delay is in whole seconds, and a consumer may gather a batch for one.
LEAD = timedelta(seconds=1)

#: The longest that a function may take that answers a request, a callback or an event: what was
#: under way before something changed has ended this much later.
REQUEST_TIME_LIMIT = timedelta(seconds=29)

#: The longest delay of an SQS message (SendMessage, DelaySeconds).
MAX_DELAY = timedelta(seconds=900)

#: The time limit of a consumer function.
CONSUMER_TIME_LIMIT = timedelta(seconds=60)

#: Seconds to connect to a provider and to wait for its answer: well within that.
PROVIDER_TIMEOUT = (3.05, 10.0)

#: Seconds that one send may take altogether, of however many steps or requests it consists.
SEND_TIME_LIMIT = sum(PROVIDER_TIMEOUT)

#: A claim lapses when its consumer must have been ended.
LEASE = CONSUMER_TIME_LIMIT + timedelta(seconds=15)

#: What is overdue by this has lost its message. Longer than a lease, which holds things up too.
SWEEP_GRACE = timedelta(seconds=120)
#: Less than two ticks, so that it is every other one.
SWEEP_EVERY = timedelta(seconds=110)

#: A queue that holds more messages than this is busy, not forgotten: it is not swept.
SWEEP_DEPTH = 1_000

#: A paused module is tried with one notification so often: less than a tick, so that it is each.
PROBE_EVERY = timedelta(seconds=50)
#: Wake-ups that a tick hands to a paused module: some may be nothing to try it with.
PROBE_WAKE_UPS = 100
