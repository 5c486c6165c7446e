"""Checks of the account's limits: of SES, and of Lambda."""

from collections.abc import Iterator

from notification_system.cli.checks.finding import Account, Finding, skipped, warning
from notification_system.cli.checks.mail import uses_ses
from notification_system.cli.checks.stack import Stack

#: The number of concurrent executions that the template may use with all its consumers at once
#: (their `MaximumConcurrency` and the dispatcher), and for the API.
CONSUMERS = 44
API = 10

#: The share of the daily quota of SES from which on the rest is worth a warning.
NEARLY = 0.9

EMULATED = "The emulator has no account whose limits could be read."

SANDBOX = (
    "The account is in the SES sandbox: e-mail reaches only verified addresses and SES's mailbox "
    "simulator. Ask AWS for production access."
)
ACCESS = ("--production-access-enabled", "--mail-type", "TRANSACTIONAL")
WEBSITE = ("--website-url", "https://...")


def ses_account(stack: Stack) -> Iterator[Finding]:
    """Check that the account may send e-mail, to whom, and how much."""
    if not uses_ses(stack):
        yield skipped("ses account", "E-mail is sent through an SMTP server, without SES.")
    else:
        yield from ses_limits(stack)


def ses_limits(account: Account) -> Iterator[Finding]:
    """Check the sandbox and the quotas of SES in an account."""
    if account.is_local:
        yield skipped("ses account", EMULATED)
        return
    answer = account.client("sesv2").get_account()
    quota = answer.get("SendQuota", {})
    rate, daily = quota.get("MaxSendRate", 0.0), quota.get("Max24HourSend", 0.0)
    sent = quota.get("SentLast24Hours", 0.0)
    look = account.aws("sesv2", "get-account")
    if not answer.get("SendingEnabled", True):
        message = "SES has paused the sending of this account: no e-mail can be sent."
        yield Finding("ses account", False, message, look)
    elif (status := answer.get("EnforcementStatus", "HEALTHY")) != "HEALTHY":
        message = f"SES reviews this account: its status is {status}."
        yield warning("ses account", message, look)
    if not answer.get("ProductionAccessEnabled"):
        words = ["sesv2", "put-account-details", *ACCESS, *WEBSITE]
        yield warning("ses account", SANDBOX, account.aws(*words))
    # SES reports an unlimited quota as -1.
    day = f"{daily:,.0f} a day" if daily >= 0 else "any number a day"
    limits = f"{rate:,.0f} e-mails a second, {day}"
    if 0 < daily <= sent / NEARLY:
        message = f"The daily quota of SES is nearly used up: {sent:,.0f} of {daily:,.0f} sent."
        yield warning("ses account", message, look)
    else:
        yield Finding(
            "ses account", True, f"SES allows {limits}; {sent:,.0f} sent since yesterday."
        )


def concurrency(account: Account) -> Iterator[Finding]:
    """Check how many functions the account may run at the same time in this region."""
    if account.is_local:
        yield skipped("lambda limits", EMULATED)
        return
    limit = account.client("lambda").get_account_settings()["AccountLimit"]
    free = limit["UnreservedConcurrentExecutions"]
    if free >= CONSUMERS + API:
        message = f"Lambda runs up to {free:,} functions at the same time in this region."
        yield Finding("lambda limits", True, message)
        return
    words = ["service-quotas", "request-service-quota-increase", "--service-code", "lambda"]
    words += ["--quota-code", "L-B99A9384", "--desired-value", "1000"]
    message = (
        f"Lambda runs only {free:,} functions at the same time in this region. The consumers use "
        f"up to {CONSUMERS}, so requests to the API and ticks are throttled while many "
        "notifications are sent."
    )
    yield warning("lambda limits", message, account.aws(*words))
