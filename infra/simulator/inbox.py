"""The routes for tests and people: the inbox, the request log, the page and the health."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from infra.simulator import page
from infra.simulator.mail.ses_inbox import SesUnreadableError, mails
from infra.simulator.scripted_reply import filter_of, simulator_of
from infra.simulator.state import Item, Simulator


async def index(request: Request) -> Response:
    """Answer ``GET /``: the inbox as an HTML page."""
    items, problems = await _items(request)
    return HTMLResponse(page.render(items, problems, str(request.base_url)), headers=page.HEADERS)


async def inbox(request: Request) -> Response:
    """Answer ``GET /inbox?to=&target=``: ``{"items": [...], "problems": [...]}``, oldest first.

    ``problems`` lists errors; if there are any, the items are incomplete.
    """
    items, problems = await _items(request)
    return JSONResponse({"items": items, "problems": problems})


async def clear(request: Request) -> Response:
    """Answer ``DELETE /inbox``: clear all messages, requests and counters."""
    simulator_of(request).clear()
    return Response(status_code=204)


async def requests(request: Request) -> Response:
    """Answer ``GET /requests?to=``: ``{"items": [{target, to, outcome, status, at, ...}]}``.

    One item per recipient of each call, oldest first; ``status`` is null after a cut connection.
    """
    to = filter_of(request)
    entries = [e for e in simulator_of(request).requests if to in {None, e["to"]}]
    return JSONResponse({"items": entries})


async def health(request: Request) -> Response:
    """Answer ``GET /health`` with the totals since the start or the last clear."""
    simulator = simulator_of(request)
    totals = {"accepted": simulator.accepted, "requests": simulator.seen}
    return JSONResponse({"status": "ok", **totals})


async def _items(request: Request) -> tuple[list[Item], list[str]]:
    simulator = simulator_of(request)
    items, problems = simulator.items, list[str]()
    if simulator.settings.emulator_url:
        try:
            emulator_mails = await mails(simulator.settings.emulator_url)
            # The emulator cannot delete single mails, so a clear hides the older mails.
            recent = (mail for mail in emulator_mails if mail["at"] >= simulator.cleared_at)
            items += [_completed(simulator, mail) for mail in recent]
            items += _forgotten(simulator, {mail["provider_message_id"] for mail in emulator_mails})
        except SesUnreadableError as error:
            problems.append(str(error))
    items.sort(key=lambda item: item["at"])
    to, target = filter_of(request), request.query_params.get("target")
    wanted = (i for i in items if to in {None, i["to"]} and target in {None, i["target"]})
    return list(wanted), problems


def _completed(simulator: Simulator, mail: Item) -> Item:
    """Add the parts that the emulator does not keep of a mail that the simulator forwarded."""
    forwarded = simulator.mails.get(mail["provider_message_id"])
    return {**mail, "extra": mail["extra"] | forwarded.notes} if forwarded else mail


def _forgotten(simulator: Simulator, listed_ids: set[str]) -> list[Item]:
    """Return the mails that the emulator accepted and lost at a restart."""
    return [
        {**item, "extra": item["extra"] | mail.notes}
        for message_id, mail in simulator.mails.items()
        if message_id not in listed_ids
        for item in mail.items
    ]


routes = [
    Route("/", index, methods=["GET"]),
    Route("/inbox", inbox, methods=["GET"]),
    Route("/inbox", clear, methods=["DELETE"]),
    Route("/requests", requests, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
]
