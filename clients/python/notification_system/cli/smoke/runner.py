"""Runs the checks of `notify smoke` in parallel, and yields each finding when it is known."""

from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from notification_system.cli.checks.finding import Finding, skipped
from notification_system.cli.checks.permissions import policies
from notification_system.cli.checks.run import NO_API, failed_request, run_check
from notification_system.cli.doctor import CONFIGURATION, NEED_API
from notification_system.cli.errors import CliError
from notification_system.cli.smoke import dead_letters, messages, repetition, timing
from notification_system.cli.smoke.trial import CheckFailed, CheckSkipped, Stopped, Trial

#: The checks of the configuration: those of `notify doctor`, and one that takes longer.
SETTINGS = CONFIGURATION | {"policies": policies}

LiveCheck = Callable[[Trial], Iterator[Finding]]

#: The checks that send.
LIVE: Mapping[str, LiveCheck] = {
    "delivery": messages.delivery,
    "bounce": messages.bounce,
    "complaint": messages.complaint,
    "push": messages.push,
    "sms": messages.sms,
    "scheduled": timing.scheduled,
    "dispatched": timing.dispatched,
    "cancelled": timing.cancelled,
    "repeated": repetition.repeated,
    "second session": repetition.second_session,
    "dead letter": dead_letters.dead_letter,
}

#: The output with the policy for what this command does in addition to `notify doctor`.
SMOKE_POLICY = "SmokePolicyArn"

NAMES = (*SETTINGS, *LIVE)

#: The threads that read the configuration. Each live check has its own, because it mostly waits.
READERS = 4


def run(trial: Trial, names: frozenset[str]) -> Generator[Finding, None, None]:
    """Run the checks with these names; yield each finding as soon as it is known.

    Closing the iterator stops the checks and waits for their last requests.
    """
    findings: SimpleQueue[list[Finding] | Exception | None] = SimpleQueue()
    jobs = [*_settings(trial, names), *_live(trial, names)]
    with ThreadPoolExecutor(READERS + len(LIVE)) as workers:
        try:
            for job in jobs:
                workers.submit(_work, job, findings)
            running = len(jobs)
            while running:
                found = findings.get()
                if isinstance(found, Exception):
                    raise found
                if found is None:
                    running -= 1
                else:
                    yield from found
        finally:
            trial.stopped.set()
            workers.shutdown(wait=True, cancel_futures=True)


Job = Callable[[], Iterator[list[Finding]]]


def _work(job: Job, findings: "SimpleQueue[list[Finding] | Exception | None]") -> None:
    try:
        for found in job():
            findings.put(found)
    except Stopped:
        pass
    except Exception as error:  # noqa: BLE001 - the main thread raises it
        findings.put(error)
    finally:
        findings.put(None)


def _settings(trial: Trial, names: frozenset[str]) -> Iterator[Job]:
    def job_of(name: str) -> Job:
        def job() -> Iterator[list[Finding]]:
            policy = SMOKE_POLICY if name not in CONFIGURATION else "OperatorPolicyArn"
            yield run_check(
                trial.stack, name, SETTINGS[name], needs_api=name in NEED_API, policy=policy
            )

        return job

    return (job_of(name) for name in SETTINGS if name in names)


def _live(trial: Trial, names: frozenset[str]) -> Iterator[Job]:
    def job_of(name: str) -> Job:
        return lambda: _findings(trial, name)

    return (job_of(name) for name in LIVE if name in names)


def _findings(trial: Trial, name: str) -> Iterator[list[Finding]]:
    """Run a live check; an error is a finding of the check, or of its last part."""
    if trial.stack.api_error:
        yield [skipped(name, NO_API)]
        return
    try:
        for finding in LIVE[name](trial):
            yield [finding]
    except CheckSkipped as reason:
        yield [skipped(name, str(reason))]
    except CheckFailed as failure:
        yield [Finding(name, False, failure.message, failure.remedy)]
    except CliError as error:
        message = f"{error.message} {error.remedy}".strip()
        yield [Finding(name, False, message, trial.stack.notify("tail", "--since", "10m"))]
    except Stopped:
        raise
    except Exception as error:  # noqa: BLE001 - raised again unless it is a failed request
        yield [failed_request(trial.stack, name, error, SMOKE_POLICY)]
