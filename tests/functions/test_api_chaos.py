"""The API accepts the requests of `make chaos`, and answers its changes as the verifier expects."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from infra.local.caller import Answer
from tests.chaos.api_client import ApiClient
from tests.chaos.edits import PlannedEdit, edit_faults
from tests.chaos.load import HEALTHY, Load
from tests.functions.lambda_calls import Api


@pytest.fixture
def client(api: Api, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """The run's client, over the API function in this process."""

    def call(method: str, path: str, body: Any = None) -> Answer:
        path, _, query = path.partition("?")
        pairs = dict(pair.split("=") for pair in query.split("&")) if query else {}
        answer = api(method, path, body, query=pairs)
        return Answer(answer.status, answer.body)

    monkeypatch.setattr("tests.chaos.api_client.PARALLEL", 1)
    monkeypatch.setattr("tests.chaos.api_client.Caller", lambda _: call)
    return ApiClient({})


def test_every_change_of_the_run_is_stored_once_and_shown(client: ApiClient) -> None:
    load = Load(100, timedelta(hours=1), Random(3))
    orders = [order for order in load.orders if order.delay and order.recipient.kind == HEALTHY]
    client.register(load.recipients)
    client.publish_template()
    client.order(orders)

    for order in orders:
        for planned in (
            PlannedEdit(0, None, changes_content=True),
            PlannedEdit(0, 3600, changes_content=False),
            PlannedEdit(0, 7200, changes_content=True),
        ):
            assert client.edit(order, planned).result == "changed"

    shown = client.notifications(load.recipients)
    assert len({order.request.target for order in orders if order.is_templated}) > 1
    for order in orders:
        [notification] = shown[order.request.token]
        edits = order.request.edits
        assert [*edit_faults(notification, edits, [], order.request.due_at)] == []
