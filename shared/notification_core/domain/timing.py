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

#: Of a module whose precision is `exact` a message comes this much before its time, and up to a
#: second more because a queue's delay is in whole seconds. Its consumer waits for the moment.
LEAD = timedelta(seconds=1)

#: The longest that a consumer of a module whose precision is `second` waits for a moment: its
#: messages come early only by what the clocks of two machines differ.
LONGEST_WAIT = timedelta(milliseconds=200)

#: The longest that a function may take that answers a request, a callback or an event: what was
#: under way before something changed has ended this much later.
REQUEST_TIME_LIMIT = timedelta(seconds=29)

#: How late an index of DynamoDB may show a write at the worst, where a job can afford to wait for
#: it. Normally it is a fraction of a second, without a bound (AWS re:Post knowledge center,
#: "dynamodb-missing-table-items-gsi").
LONGEST_INDEX_LAG = timedelta(seconds=30)

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

#: A queue with more visible messages than this is busy: what is overdue is late rather than lost.
SWEEP_DEPTH = 1_000
#: How often a module is swept all the same while its queue is busy.
SWEEP_BUSY_EVERY = timedelta(minutes=10)
#: How many of each shard are swept then, the longest overdue first. What has lost its message comes
#: to be among them, because what is due before it leaves the index as the queue is worked off.
SWEEP_BUSY_COUNT = 250

#: A paused module is tried with one notification so often: less than a tick, so that it is each.
PROBE_EVERY = timedelta(seconds=50)
#: Wake-ups that a tick hands to a paused module: some may be nothing to try it with.
PROBE_WAKE_UPS = 100

#: How far apart the clocks of two containers may be. Of what was created so soon after an opt-out,
#: nobody can tell which came first: it counts as created before, and is not sent.
CLOCK_SKEW = timedelta(seconds=4)

#: How long the index of a user's notifications may take to show a new one without an opt-out
#: missing it: twice the second that AWS names (re:Post, "Why are my DynamoDB table items missing
#: from my global secondary index?"). An opt-out answers this much later.
INDEX_LAG = timedelta(seconds=2)
