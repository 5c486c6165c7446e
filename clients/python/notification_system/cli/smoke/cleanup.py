"""Removes what a run has created: its user, with all addresses and notifications."""

from datetime import timedelta

from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.queues import BUCKET, DEAD_LETTERS
from notification_system.cli.checks.run import failed_request
from notification_system.cli.errors import CliError
from notification_system.cli.smoke.dead_letters import MODULE
from notification_system.cli.smoke.trial import Trial
from notification_system.requests import path_of


def clean_up(trial: Trial) -> Finding:
    """Erase the test user, in the background, and remove the stored dead letter.

    The opt-out of the complaint is ended first, because an erasure would keep a hash of it.
    """
    session = trial.stack.session
    erase = trial.stack.notify("erase", trial.user, "--yes")
    try:
        _remove_letters(trial)
        session.call("PUT", path_of("/opt-outs/{}", trial.user), {"active": False})
        job = session.call("DELETE", path_of("/users/{}", trial.user)).body
    except KeyboardInterrupt:
        return Finding("cleanup", False, f"{_remains(trial)} The cleanup was interrupted.", erase)
    except CliError as error:
        return Finding("cleanup", False, f"{_remains(trial)} {error.message}", erase)
    except Exception as error:  # noqa: BLE001 - raised again unless it is a failed request
        failure = failed_request(trial.stack, "cleanup", error)
        return Finding("cleanup", False, f"{_remains(trial)} {failure.message}", erase)
    message = f"The test user {trial.user} is being erased, by the job {job['id']}."
    return Finding("cleanup", True, message)


def _remains(trial: Trial) -> str:
    return f"The test user {trial.user} may not be erased."


def _remove_letters(trial: Trial) -> None:
    """Remove the stored copies of this run's dead letters, which `notify doctor` would report."""
    if not trial.letters:
        return
    client, today = trial.stack.client("s3"), trial.stack.session.deployment.now().date()
    [bucket] = [resource.physical for resource in trial.stack.of_type(BUCKET)]
    for day in (today, today - timedelta(days=1)):
        for message_id in trial.letters:
            key = f"{DEAD_LETTERS}/{MODULE}/{day.isoformat()}/{message_id}.json"
            client.delete_object(Bucket=bucket, Key=key)
