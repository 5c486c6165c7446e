"""`make compare`: its mail server, its arithmetic, and the documents that come of its last run."""

import os
import smtplib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.processes import serving
from tests.compare import celery_system, charts, page
from tests.compare.goals import checks
from tests.compare.mails import Addresses, Arrivals, MailLog
from tests.compare.names import DJANGO, SMTP, THREADS
from tests.compare.processor_time import children_of, seconds_of, seconds_of_family
from tests.compare.results import Killed, Lateness, Rate, Results, read, write
from tests.compare.systems import Usage


def a_rate(system: str, latency: int, per_second: float, own: float = 1.5) -> Rate:
    return Rate(
        system=system,
        latency_ms=latency,
        count=1000,
        runs=[per_second - 1, per_second, per_second + 1],
        own_ms={"Api": own / 3, "DeliverEmail": own * 2 / 3},
        infrastructure_ms={"emulator": 2.0},
    )


def some_results(ours: float, own: float = 1.5) -> Results:
    peers = [a_rate(name, ms, 100) for name in (DJANGO, THREADS) for ms in (0, 20, 100)]
    return Results(
        python="3.11",
        processors=2,
        seconds=60.0,
        load=1.5,
        rates=[a_rate(SMTP, ms, ours, own) for ms in (0, 20, 100)] + peers,
        lateness=[Lateness(system=SMTP, latency_ms=20, count=1000, p50=1.0, p99=2.0)],
        doubled=[],
        killed=[
            Killed(
                system=THREADS,
                killed="the process",
                recovery="the supervisor starts it again",
                count=400,
                lost=64,
                doubled=0,
                held_back=136,
                seconds=12.3,
            )
        ],
    )


# --- the mail server and its log -------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, MailLog]]:
    log, latency = tmp_path / "mails.log", tmp_path / "latency"
    options = ("--log", str(log), "--latency", str(latency))
    with serving("tests.compare.mail_server", *options) as ready:
        yield ready["port"], MailLog(log, latency)


def send(port: int, recipient: str) -> float:
    """Send a mail; return how long the server took."""
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as connected:
        began = time.monotonic()
        connected.sendmail("s@example.com", [recipient], "Subject: Hi\r\n\r\nHello\r\n")
        return time.monotonic() - began


def test_every_mail_is_noted_each_time_that_it_comes(server: tuple[int, MailLog]) -> None:
    port, log = server
    first, second, third = Addresses().of(3)
    began = time.time()
    for recipient in (first, second, second):
        send(port, recipient)

    arrivals = log.of([first, second, third])

    assert {to: len(moments) for to, moments in arrivals.moments.items()} == {first: 1, second: 2}
    assert (arrivals.doubled, log.of([third]).moments) == (1, {})
    assert began <= arrivals.last <= time.time()


def test_a_run_begins_with_nothing_of_its_recipients_and_all_of_the_others(
    server: tuple[int, MailLog],
) -> None:
    port, log = server
    first, second = Addresses().of(2)
    for recipient in (first, second):
        send(port, recipient)

    log.begin([first], 0)

    assert log.of([first, second]).moments.keys() == {second}


def test_the_server_answers_as_late_as_the_run_wants(server: tuple[int, MailLog]) -> None:
    port, log = server
    [only] = Addresses().of(1)
    log.begin([only], 200)
    late = send(port, only)
    log.begin([only], 0)

    assert late >= 0.2 > send(port, only)


def test_the_latency_may_change_while_mails_come(server: tuple[int, MailLog]) -> None:
    port, log = server
    over = Event()

    def change() -> None:
        while not over.is_set():
            log.begin([], 0)

    changing = Thread(target=change)
    changing.start()
    try:
        for recipient in Addresses().of(100):
            send(port, recipient)  # raises if it is refused
    finally:
        over.set()
        changing.join()


def test_the_log_is_waited_for_no_longer_than_allowed(server: tuple[int, MailLog]) -> None:
    port, log = server
    [only] = Addresses().of(1)
    send(port, only)

    assert log.wait_for([only, "never@example.com"], 2, 0.2).moments.keys() == {only}


def test_an_address_is_registered_once_and_is_no_other_systems() -> None:
    ours, theirs = Addresses(), Addresses()

    assert ours.new(ours.of(2)) == ours.of(2)
    assert ours.new(ours.of(3)) == ours.of(3)[2:]
    assert not {*ours.of(100)} & {*theirs.of(100)}
    assert all(address.startswith("slow-0020-") for address in ours.of(2, "slow-0020-"))


# --- arithmetic -------------------------------------------------------------------------------


def test_lateness_goes_by_the_first_arrival_of_each() -> None:
    arrivals = Arrivals({str(n): [100.0 + n / 100, 900.0] for n in range(101)})

    p50, p99 = arrivals.lateness(99.0)

    assert (round(p50, 3), round(p99, 3)) == (1.5, 1.99)
    assert arrivals.last == 101.0


def test_usage_is_what_was_added() -> None:
    before = Usage({"Api": 2.0}, {"emulator": 5.0})
    after = Usage({"Api": 3.5, "MailEvents": 1.0}, {"emulator": 6.0})

    assert after.since(before) == Usage({"Api": 1.5, "MailEvents": 1.0}, {"emulator": 1.0})


def test_the_operating_system_tells_what_a_process_and_its_children_have_computed() -> None:
    options = ("--log", "/dev/null", "--latency", "/dev/null")
    with serving("tests.compare.mail_server", *options) as ready:
        assert ready["pid"] in children_of(os.getpid())
        assert seconds_of(ready["pid"]) > 0
        assert seconds_of_family(os.getpid()) >= seconds_of(ready["pid"])
    assert seconds_of(ready["pid"]) == 0


@pytest.mark.parametrize(
    ("ours", "own", "passed"),
    [
        (2000.0, 1.5, [True, True, True, True, True, True]),
        (2000.0, 1.7, [True, True, True, True, True, False]),
        (600.0, 1.5, [True, True, False, True, True, True]),
        (199.0, 1.5, [False, False, False, True, True, True]),
        (99.0, 1.5, [False, False, False, False, False, True]),
    ],
)
def test_goals(ours: float, own: float, passed: list[bool]) -> None:
    assert [check.passed for check in checks(some_results(ours, own))] == passed


def test_what_was_not_measured_is_not_judged() -> None:
    results = some_results(2000)
    alone = [rate for rate in results.rates if rate.system == SMTP]
    with_ours_only = Results(**{**vars(results), "rates": alone})

    assert [check.measured for check in checks(with_ours_only)] == ["1.50 ms"]


def test_without_a_redis_server_one_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert not celery_system.has_redis()
    assert "apt-get install redis-server" in celery_system.NO_REDIS


# --- the documents ----------------------------------------------------------------------------


def test_results_are_written_and_read(tmp_path: Path) -> None:
    results = some_results(2000)
    write(tmp_path / "results.json", results)

    assert read(tmp_path / "results.json") == results


def test_the_tables_tell_every_result() -> None:
    text = page.tables(some_results(2000))

    assert f"| {SMTP} | **2000** (1999 to 2001) | **2000** (1999 to 2001) |" in text
    assert "64 of 400" in text
    assert "1,000 e-mails at a time, 1 minutes, Python 3.11, 2 processors, load average 1.5" in text
    assert "136, for an hour" in text


def test_the_page_has_the_tables_of_the_last_run() -> None:
    text = page.PAGE.read_text()

    assert page.with_tables(text, read(page.DATA)) == text


@pytest.mark.parametrize("name", ["rates.svg", "cpu.svg"])
def test_the_charts_are_those_of_the_last_run(name: str) -> None:
    chart = page.charts_of(read(page.DATA))[name]

    assert (page.FOLDER / name).read_text() == chart
    assert f"compare/{name}" in page.PAGE.read_text()


@pytest.mark.parametrize("draw", [charts.rates, charts.cpu])
def test_a_chart_is_an_image_whose_bars_and_words_are_inside(
    draw: Callable[[Results], str],
) -> None:
    root = ET.fromstring(draw(some_results(2000)))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])

    bars = [each.attrib for each in root if each.tag.endswith("rect")]
    texts = [each for each in root if each.tag.endswith("text")]
    assert all(float(bar["x"]) + float(bar["width"]) <= width for bar in bars)
    assert all(float(bar["y"]) + float(bar["height"]) <= height for bar in bars)
    behind = [text for text in texts if "text-anchor" not in text.attrib]
    assert all(float(each.attrib["x"]) + 7 * len(each.text or "") <= width for each in behind)
    assert {SMTP, DJANGO, THREADS} <= {text.text for text in texts}
