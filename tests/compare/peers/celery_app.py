"""One task per mail, with the usual settings: a due time, and retries with increasing delays.

Everything else is Celery's default: a task is acknowledged before it runs, and results are stored
in Redis. As a program this is the producer: standard input is a line of JSON,
`{"addresses", "due_at"}` (seconds since 1970; null: now), and it prints its start time.
"""

import json
import os
import smtplib
import sys
import time
from datetime import UTC, datetime
from email.message import EmailMessage

from celery import Celery

from tests.compare.mails import BODY, SENDER, TITLE

REDIS = os.environ["COMPARE_REDIS"]
MAIL_PORT = int(os.environ["COMPARE_MAIL_PORT"])

app = Celery("compare", broker=REDIS, backend=REDIS)
app.conf.broker_connection_retry_on_startup = True


@app.task(name="send_mail", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def send_mail(address: str, title: str, body: str) -> None:
    """Send one e-mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, address, title
    message.set_content(body)
    with smtplib.SMTP("127.0.0.1", MAIL_PORT) as server:
        server.send_message(message)


def main() -> None:
    """Create one e-mail for each address."""
    wanted = json.loads(sys.stdin.readline())
    app.connection_for_write().ensure_connection()
    print(json.dumps({"began": time.time()}), flush=True)
    due = datetime.fromtimestamp(wanted["due_at"] or time.time(), UTC)
    for address in wanted["addresses"]:
        send_mail.apply_async((address, TITLE, BODY), eta=due)


if __name__ == "__main__":
    main()
