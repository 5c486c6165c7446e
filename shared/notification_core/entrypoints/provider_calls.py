"""Calls of a target's functions, which may raise any error and return the provider's own codes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from notification_core.domain.delivery import (
    Accepted,
    Delivery,
    NotAsked,
    Outcome,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.failures import (
    OURS,
    DeliveryFailed,
    ErrorClass,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RetryLater,
)
from notification_core.domain.modules import Module
from notification_core.domain.redaction import BLOT
from notification_core.runtime.credentials import forget_credentials
from notification_core.runtime.observability import log_failure
from notification_core.usecases.sending.rendering import Variables

#: Sends one delivery. Returns the provider's message id or an Accepted; raises a ProviderError or a
#: DeliveryFailed.
Send = Callable[[Delivery], str | Accepted | None]

#: Sends several deliveries and returns one outcome per delivery, in order. An exception counts as
#: the outcome of every delivery.
SendMany = Callable[[Sequence[Delivery]], Sequence[Outcome | ProviderError]]

#: Polls the status of one message. Returns the report, or None if there is no report yet.
PollOne = Callable[[PendingConfirmation], ReportContent | ProviderError | None]

#: Polls the status of several messages. Returns one report per message, in order; None means that
#: there is no report yet.
PollMany = Callable[[Sequence[PendingConfirmation]], Sequence[ReportContent | ProviderError | None]]

#: Error classes of a poll that concern the message: the provider answered, and has no report.
ANSWERED = frozenset({ErrorClass.RECIPIENT, ErrorClass.CONSENT, ErrorClass.MESSAGE})


def send_one_by_one(send: Send) -> SendMany:
    """Adapt a function that sends one delivery to a sequence of deliveries."""

    def send_each(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [_accepted(send(delivery)) for delivery in deliveries]

    return send_each


def poll_one_by_one(poll: PollOne) -> PollMany:
    """Adapt a function that polls one message to a sequence of messages."""

    def poll_each(
        awaited: Sequence[PendingConfirmation],
    ) -> Sequence[ReportContent | ProviderError | None]:
        return [poll(confirmation) for confirmation in awaited]

    return poll_each


def _accepted(answer: str | Accepted | None) -> Accepted:
    return answer if isinstance(answer, Accepted) else Accepted(answer)


def send_request(
    send_many: SendMany, batch: Sequence[Delivery], module: Module
) -> Sequence[Outcome]:
    """Send one request; errors are classified, and the recipients' addresses removed from them."""
    return _redacted(_attempt(send_many, batch, module), batch)


def _attempt(send_many: SendMany, batch: Sequence[Delivery], module: Module) -> Sequence[Outcome]:
    if module.pause is not None:
        forget_credentials()  # a probe checks whether they have been corrected
    answers: list[Outcome | ProviderError]
    try:
        answers = [result for result, _ in zip(send_many(batch), batch, strict=True)]
    except (ProviderError, DeliveryFailed) as answer:
        answers = [answer] * len(batch)
    except Exception as error:  # noqa: BLE001 - a bug may surface after the message was sent
        log_failure("a handler failed", error)
        return [OutcomeUnknown("handler-failed", type(error).__name__)] * len(batch)
    outcomes: list[Outcome] = [module.errors.classify(answer) for answer in answers]
    if any(isinstance(outcome, Misconfigured) for outcome in outcomes):
        forget_credentials()  # they may have been corrected in the meantime
    return outcomes


def _redacted(outcomes: Sequence[Outcome], batch: Sequence[Delivery]) -> Sequence[Outcome]:
    """Remove addresses from error messages, because providers quote them."""
    for outcome in outcomes:
        if isinstance(outcome, DeliveryFailed):
            for delivery in batch:
                outcome.message = outcome.message.replace(delivery.address, BLOT)
    return outcomes


def variables_of(variables: Variables, delivery: Delivery) -> Mapping[str, Any]:
    """Call a target's function for the built-in variables of a template.

    Raises:
        DeliveryFailed: the delivery must not be sent now.
    """
    try:
        return variables(delivery)
    except Misconfigured:
        forget_credentials()  # they may have been corrected in the meantime
        raise
    except DeliveryFailed:
        raise
    except Exception as error:
        log_failure("a handler's variables failed", error)
        raise RetryLater("handler-failed", type(error).__name__) from error


def poll_request(
    poll_many: PollMany, awaited: Sequence[PendingConfirmation], module: Module
) -> Sequence[ReportContent | NotAsked | None]:
    """Poll the provider; messages without an answer are returned as NotAsked.

    Raises:
        DeliveryFailed: the failure is our own fault.
    """
    try:
        answers = [content for content, _ in zip(poll_many(awaited), awaited, strict=True)]
    except (ProviderError, DeliveryFailed) as answer:
        failure = module.errors.classify(answer)
        if failure.error_class in OURS:
            raise failure from answer
        return [None if failure.error_class in ANSWERED else NotAsked()] * len(awaited)
    except Exception as error:  # noqa: BLE001 - a bug must not affect other polls
        log_failure("a status poll failed", error)
        return [NotAsked()] * len(awaited)
    return [module.errors.classify(answer) for answer in answers]
