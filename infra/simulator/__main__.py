"""Command line: ``python -m infra.simulator --port P --smtp-port Q``."""

import argparse
import asyncio
from dataclasses import fields

from infra.simulator.server import serve
from infra.simulator.settings import Settings

_HELP = {
    "port": "HTTP port; 0 for any free one",
    "smtp_port": "SMTP port; 0 for any free one",
    "emulator_url": "AWS emulator that receives the mails and the events of SES",
    "log_group": "log group of the emulator whose lines become CloudWatch metrics",
    "account_sid": "Twilio account SID that is accepted",
    "auth_token": "Twilio auth token that is accepted",
    "expo_access_token": "Expo access token that is accepted",
    "latency_ms": "milliseconds added to every provider call",
    "keep": "how many messages and requests are kept",
}


def main() -> None:
    """Parse the options and run the server."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.simulator",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    defaults = Settings()
    for field in fields(Settings):
        default = getattr(defaults, field.name)
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, type=type(default), default=default, help=_HELP[field.name])
    asyncio.run(serve(Settings(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
