"""The durations that the parts of the system share, and the rules between them.

`tests/architecture` verifies that the template has the same values: the rate of the schedule and
the time limits of the functions.
"""

from datetime import timedelta

#: The interval between runs of the dispatcher.
TICK = timedelta(minutes=1)

#: How far ahead a tick enqueues. A tick may be half a minute late without making a message late.
LOOK_AHEAD = timedelta(seconds=90)

#: The request that creates a notification enqueues it if it is due within this time. The value
#: exceeds the look-ahead by the time that the due index may take to show a new entry, so that every
#: notification is enqueued by its creator or by the dispatcher.
SELF_ENQUEUE = LOOK_AHEAD + timedelta(seconds=15)

#: For a module with the precision `exact`, a message comes this long before its due time, and up to
#: a second earlier because a queue's delay is in whole seconds. Its consumer waits until then.
LEAD = timedelta(seconds=1)

#: The longest time that a consumer of a module with the precision `second` waits for a due time.
#: Its messages come early only by the difference between the clocks of two machines.
LONGEST_WAIT = timedelta(milliseconds=200)

#: The time limit of a function that handles a request, a callback or an event. Calls that were
#: under way when a change was made have ended after this time.
REQUEST_TIME_LIMIT = timedelta(seconds=29)

#: The longest delay after which an index of DynamoDB shows a write, for jobs that can afford to
#: wait for it. Normally it is a fraction of a second, but without a bound (AWS re:Post knowledge
#: center, "dynamodb-missing-table-items-gsi").
LONGEST_INDEX_LAG = timedelta(seconds=30)

#: The longest delay of an SQS message (SendMessage, DelaySeconds).
MAX_DELAY = timedelta(seconds=900)

#: The time limit of a consumer function.
CONSUMER_TIME_LIMIT = timedelta(seconds=60)

#: Seconds to connect to a provider and to wait for its response, well within CONSUMER_TIME_LIMIT.
PROVIDER_TIMEOUT = (3.05, 10.0)

#: Seconds that one send may take in total, including all its steps and requests.
SEND_TIME_LIMIT = sum(PROVIDER_TIMEOUT)

#: A claim lapses when its consumer must have ended.
LEASE = CONSUMER_TIME_LIMIT + timedelta(seconds=15)

#: A notification that is overdue by this has lost its queue message. The value is longer than a
#: lease, because a lease delays notifications too.
SWEEP_GRACE = timedelta(seconds=120)
#: Less than two ticks, so that every second tick sweeps.
SWEEP_EVERY = timedelta(seconds=110)

#: A queue with more visible messages than this is busy: overdue notifications are late, not lost.
SWEEP_DEPTH = 1_000
#: How often a module is swept nevertheless while its queue is busy.
SWEEP_BUSY_EVERY = timedelta(minutes=10)
#: How many notifications of each shard are swept then, the longest overdue first. A notification
#: that has lost its message will be among them at some time, because earlier notifications leave
#: the index as the queue is processed.
SWEEP_BUSY_COUNT = 250

#: How often a paused module is probed with one notification. The value is less than a tick, so that
#: every tick probes.
PROBE_EVERY = timedelta(seconds=50)
#: Wake-ups that a tick enqueues for a paused module, because some may be unsuitable for a probe.
PROBE_WAKE_UPS = 100

#: The largest difference between the clocks of two containers. When a notification was created
#: within this time after an opt-out, their order is unknown: the notification counts as created
#: before the opt-out, and is not sent.
CLOCK_SKEW = timedelta(seconds=4)

#: How long the index of a user's notifications may take to show a new notification without an
#: opt-out missing it: twice the second that AWS names (re:Post, "Why are my DynamoDB table items
#: missing from my global secondary index?"). The response to an opt-out is delayed by this time.
INDEX_LAG = timedelta(seconds=2)
