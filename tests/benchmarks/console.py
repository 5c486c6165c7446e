"""The pages of the console on the local stack, with a hundred thousand notifications."""

import gzip
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin

from infra.local.caller import Caller
from infra.local.cloud import Cloud
from notification_core.adapters.dynamodb import models
from notification_core.adapters.dynamodb.models import console as console_models
from notification_core.entrypoints.console.app import SESSION_COOKIE
from notification_core.runtime.wiring import use_tables
from tests.benchmarks import console_data as data
from tests.benchmarks import console_people as people
from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.lateness import percentile
from tests.benchmarks.local_stack import started
from tests.benchmarks.runner import Runner
from tests.compare.processor_time import peak_megabytes, seconds_of_family, workers_of
from tests.system.console_browser import Browser

#: Requests of each page, and those before that are not counted.
REQUESTS, FIRST = 40, 2
#: The page of a long list from which on it is read.
DEEP = 20

SLOWEST = Goal(300)  # ms at p95
FIRST_LOAD = Goal(100)  # KB, compressed
MEMORY = Goal(256)  # MB, of the function's 512
#: How API Gateway compresses is not documented; this is zlib's default.
COMPRESSION = 6


@dataclass
class Page:
    """One page, and how long its requests took."""

    name: str
    address: str  #: below the console's, or the whole URL
    milliseconds: list[float] = field(default_factory=list)
    processor: float = 0.0  #: milliseconds of one request, of the emulator and all functions
    content: bytes = b""

    @property
    def compressed(self) -> float:
        """Its size in KB (1,000 bytes), compressed."""
        return len(gzip.compress(self.content, COMPRESSION)) / 1000

    def figure(self) -> Figure:
        """Return its p95."""
        size = f"{len(self.content) / 1000:.0f} KB, {self.compressed:.1f} KB compressed"
        middle, longest = percentile(self.milliseconds, 0.5), max(self.milliseconds)
        return Figure(
            name=f"console, {self.name}, p95",
            unit="ms",
            values=[percentile(self.milliseconds, 0.95)],
            goal=SLOWEST,
            note=f"p50 {middle:.0f}, longest {longest:.0f}, CPU {self.processor:.0f} ms; {size}",
        )


def measure(runner: Runner) -> list[Figure]:
    """Start a stack, fill its tables, and request each page repeatedly."""
    with started(runner.say) as stack:
        access, emulator = stack.access(), stack.emulator_pid or 0
        targets = _fill(access, runner)
        browser = Browser(access["console_url"])
        browser.sign_in(access["console_user"], access["console_password"])
        if SESSION_COOKIE not in browser.client.cookies:
            raise BenchError("the sign-in to the console failed")
        pages = list(_pages(browser, targets))
        runner.say(f"{len(pages)} pages, {REQUESTS} times each")
        for page in pages:
            _measure(browser, page, emulator)
            runner.say(f"{page.name}: {page.figure().median:.0f} ms at p95")
        workers = workers_of(emulator, access["functions"]["ConsolePages"])
        return [
            *(page.figure() for page in pages),
            _first_load(browser, pages[0]),
            Figure(
                name="console, peak memory",
                unit="MB",
                values=[max(map(peak_megabytes, workers))],
                goal=MEMORY,
            ),
        ]


def _fill(access: Mapping[str, Any], runner: Runner) -> dict[str, str]:
    """Fill the tables; return the ids of the targets by their modules."""
    cloud, caller = Cloud(access["endpoint_url"]), Caller(access)
    variables = cloud.variables(access["functions"]["ConsolePages"])
    client = cloud.client("dynamodb")
    use_tables(variables, client, [*models.ALL, *console_models.ALL])
    targets = {
        target["notification_module_name"]: target["id"] for target in caller.listed("/targets")
    }
    places = data.Places(client=client, tables=variables, targets=targets)
    caller("POST", f"/targets/{targets[data.PAUSED]}/pause", {"reason": "a benchmark"})
    now = datetime.now(UTC)
    runner.say(f"writing {data.NOTIFICATIONS:,} notifications")
    items = data.notifications(places, now, int(variables["DUE_SHARDS"]))
    data.write(places, "NOTIFICATIONS_TABLE", items)
    people.write_all(places, caller, now)
    return targets


def _measure(browser: Browser, page: Page, emulator: int) -> None:
    """Request a page repeatedly."""
    for _ in range(FIRST):
        _request(browser, page)
    page.milliseconds, before = [], seconds_of_family(emulator)
    for _ in range(REQUESTS):
        _request(browser, page)
    page.processor = (seconds_of_family(emulator) - before) * 1000 / REQUESTS


def _request(browser: Browser, page: Page) -> None:
    began = time.perf_counter()
    response = browser.get(page.address, follow=False)
    page.milliseconds.append((time.perf_counter() - began) * 1000)
    page.content = response.content
    if response.status_code not in {HTTPStatus.OK, HTTPStatus.SEE_OTHER}:
        raise BenchError(f"{page.name}: {response.status_code} {response.text[:200]}")


def _pages(browser: Browser, targets: Mapping[str, str]) -> Iterator[Page]:
    failed = data.id_of(data.BUSY)
    [code, *_] = data.CODES["twilio"]
    template = f"/templates/{people.template_name(0)}"
    yield Page("overview", "")
    yield from _finds(failed)
    yield Page("notification, delivered", f"/notifications/{data.id_of(data.BUSY + 1)}")
    yield Page("notification, failed", f"/notifications/{failed}")
    yield Page("user", _address("/user", id="user-7"))
    yield Page("user with 5,000", busy := _address("/user", id="user-0"))
    yield Page("user with 5,000, page 20", _deep(browser, busy))
    yield Page("failed", "/failed")
    yield Page("failed, 30 days", _address("/failed", hours="720"))
    group = {"target": targets["twilio"], "code": code}
    yield Page("failed, one group", _address("/failed/group", hours="720", **group))
    yield Page("targets", "/targets")
    yield Page("jobs", "/jobs")
    yield Page("job", f"/jobs/{people.job_id(0)}")
    yield Page("templates", "/templates")
    yield Page("template with 20 versions", template)
    yield Page("template, edit", f"{template}/edit")
    yield Page("template, preview", f"{template}/preview")
    yield Page("template, differences", _address(f"{template}/diff", **{"from": "1", "to": "20"}))
    yield Page("audit log", "/audit")
    yield Page("audit log, page 20", _deep(browser, "/audit"))


def _finds(failed: str) -> Iterator[Page]:
    texts = {
        "an ID": failed,
        "a user": "user-7",
        "a user with 5,000": "user-0",
        "an address": "user-9@example.com",
        "an address of a user with 5,000": "user-0@example.com",
        f"an address of {people.SHARING} users": people.SHARED_ADDRESS,
        "a provider's ID": "message-61",
        "a reference": "order 61",
        "a reference of 1,000": data.COMMON_REFERENCE,
        "nothing": "nobody@example.net",
    }
    for name, text in texts.items():
        yield Page(f"find {name}", _address("/find", q=text))


def _address(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}"


def _deep(browser: Browser, address: str) -> str:
    """Return the address of a later page of a list, by its links."""
    for _ in range(1, DEEP):
        response = browser.get(address)
        link = re.search(r'href="([^"]*\bnext=[^"]*)"', response.text)
        if link is None:
            raise BenchError(f"{address} has no next page")
        address = urljoin(str(response.url), unescape(link[1]))
    return address


def _first_load(browser: Browser, page: Page) -> Figure:
    """Return the size of a page with its style sheet and its scripts, compressed."""
    links = re.findall(r'(?:href|src)="([^"]*/assets/[^"]*)"', page.content.decode())
    files = [browser.get(urljoin(browser.url, unescape(link))).content for link in links]
    sizes = [page.compressed, *(len(gzip.compress(file, COMPRESSION)) / 1000 for file in files)]
    return Figure(
        name="console, first load",
        unit="KB",
        values=[sum(sizes)],
        goal=FIRST_LOAD,
        note=f"compressed: the overview, and {len(files)} files",
    )
