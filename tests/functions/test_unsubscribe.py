"""The one-click unsubscribe link of an e-mail (RFC 8058)."""

import base64
import hashlib
import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from functions.unsubscribe.handler import lambda_handler
from notification_core.domain.errors import NotFound, OptedOut
from notification_core.domain.status import Status
from notification_core.entrypoints.unsubscribe.handler import Subscription, seal
from notification_core.runtime import credentials
from notification_core.usecases.consent.opt_out import get_opt_out
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Api
from tests.functions.public import proxy_event
from tests.functions.targets import some_address
from tests.functions.unsubscribing import ONE_CLICK, Key, call, ledger, link_in
from tests.simulator import Running


def test_one_click_is_an_opt_out_of_the_category_only(email: Consumer, link: str) -> None:
    status, page = call("POST", link, ONE_CLICK)

    assert status == 200
    assert "unsubscribed" in page
    opt_out = get_opt_out(email.ports, email.user)
    [entry] = opt_out.entries
    assert opt_out.scopes == {"category:news"}
    assert (entry.active, entry.source) == (True, "one-click")
    [record] = email.ports.records.list_by_user(email.user)
    with pytest.raises(OptedOut):
        email.ask(record, category="news")
    assert email.again(email.ask(record, category="offers")).status is Status.DELIVERED
    assert email.again(email.ask(record)).status is Status.DELIVERED


@pytest.mark.parametrize("over", [True, False])
def test_a_click_counts_for_a_user_with_the_maximum_of_opt_outs(
    email: Consumer, link: str, *, over: bool
) -> None:
    email.fill_ledger(over=over)

    assert call("POST", link, ONE_CLICK)[0] == 200

    [record] = email.ports.records.list_by_user(email.user)
    with pytest.raises(OptedOut):
        email.ask(record, category="news")


def test_the_evidence_is_the_mail_that_the_link_was_in(
    email: Consumer, simulator: Running, address: str
) -> None:
    sent = email.deliver(address, category="news")
    call("POST", link_in(simulator, address), ONE_CLICK)

    assert [each.evidence for each in get_opt_out(email.ports, email.user).entries] == [sent.id]


def test_looking_at_the_page_changes_nothing(email: Consumer, link: str) -> None:
    """Scanners and previews follow links."""
    status, page = call("GET", link)
    assert (status, '<form method="post">' in page) == (200, True)
    assert call("HEAD", link) == (200, "")
    assert call("HEAD", f"{link}AAAA") == (403, "")

    assert ledger(email) is None


def test_the_page_has_no_script_and_loads_nothing(link: str) -> None:
    answer = lambda_handler(proxy_event("GET", link, "/unsubscribe/{token}"), None)

    policy = answer["headers"]["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    style = re.search(r"<style>(.*)</style>", answer["body"], re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert " style=" not in answer["body"]
    assert answer["headers"]["Referrer-Policy"] == "no-referrer"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "<script" not in answer["body"]
    assert "http" not in answer["body"], "nothing is loaded from anywhere"


@pytest.mark.parametrize("body", [ONE_CLICK, "", "anything=else"])
def test_a_post_needs_no_cookie_no_login_and_no_particular_body(
    email: Consumer, link: str, body: str
) -> None:
    assert call("POST", link, body)[0] == 200
    assert get_opt_out(email.ports, email.user).active


def test_a_second_click_does_no_harm(email: Consumer, link: str) -> None:
    assert [call("POST", link, ONE_CLICK)[0] for _ in range(3)] == [200] * 3
    assert len(get_opt_out(email.ports, email.user).entries) == 1


def test_an_old_link_opts_out_again_after_an_opt_in(email: Consumer, link: str, api: Api) -> None:
    """Whoever clicks means it, each time; a provider's repeated webhook does not."""
    call("POST", link, ONE_CLICK)
    api("PUT", f"/opt-outs/{email.user}", {"active": False, "categories": ["news"]})
    assert not get_opt_out(email.ports, email.user).active

    call("POST", link, ONE_CLICK)
    assert get_opt_out(email.ports, email.user).scopes == {"category:news"}


def test_a_click_ends_waiting_notifications(email: Consumer, link: str) -> None:
    [record] = email.ports.records.list_by_user(email.user)
    news, offers = (email.ask(record, category=each) for each in ("news", "offers"))

    call("POST", link, ONE_CLICK)
    assert email.stored(news).status is Status.OPTED_OUT
    assert email.stored(offers).status is Status.SCHEDULED


def test_a_changed_link_is_refused(email: Consumer, link: str) -> None:
    base, _, token = link.rpartition("/")
    changed = [
        *(
            f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}"
            for place in range(0, len(token) - 1, 7)
        ),
        token[:-4],
        f"{token}AAAA",
        token[4:],
        "A",
        "x" * 64,
        "ü",
        "..",
        "A" * 5000,
    ]

    for each in changed:
        for method in ("GET", "POST"):
            status, page = call(method, f"{base}/{each}", ONE_CLICK)
            assert status == 403, each
            assert "This link does not work" in page
    assert ledger(email) is None


def test_neither_the_link_nor_the_page_reveals_its_user(
    email: Consumer, link: str, address: str
) -> None:
    secrets = [email.user, address, address.partition("@")[0]]
    encoded = [each.encode().hex() for each in secrets]
    pages = [call("GET", link)[1], call("POST", link, ONE_CLICK)[1], link]

    for text in pages:
        assert not any(each in text for each in [*secrets, *encoded])


def test_two_links_of_one_user_have_nothing_in_common(email: Consumer, link: str) -> None:
    del email, link
    pieces = [
        {token[place : place + 8] for place in range(len(token) - 7)}
        for token in (seal(Subscription("eggs", "news", str(uuid4()))) for _ in range(2))
    ]

    assert not pieces[0] & pieces[1]


def test_a_link_works_after_its_mail_and_its_record_are_removed(
    email: Consumer, link: str, api: Api
) -> None:
    """Notifications are kept for 90 days, mails for longer."""
    user = f"user-{uuid4()}"
    token = seal(Subscription(user, "news", str(uuid4())))
    base = link.rpartition("/")[0]
    [record] = email.ports.records.list_by_user(email.user)
    assert api("DELETE", f"/target-user-records/{record.id}").status == 204

    assert call("POST", link, ONE_CLICK)[0] == 200
    assert call("POST", f"{base}/{token}", ONE_CLICK)[0] == 200
    assert get_opt_out(email.ports, email.user).scopes == {"category:news"}
    with pytest.raises(NotFound):  # nobody knows this one: the link must not bring the id back
        get_opt_out(email.ports, user)
    body = {"user": user, "target": "Email", "target_user_id": some_address("again")}
    assert api("POST", "/target-user-records", body).status == 201
    assert get_opt_out(email.ports, user).scopes == {"category:news"}


def test_a_key_that_was_replaced_goes_on_opening_its_links(
    email: Consumer, simulator: Running, link: str, key: Key, address: str
) -> None:
    key.replace(key="the second key", previous=["the first key"])
    [record] = email.ports.records.list_by_user(email.user)
    email.again(email.ask(record, category="offers"))
    new = link_in(simulator, address)
    assert [call("GET", each)[0] for each in (link, new)] == [200, 200]

    key.replace(key="the third key", previous=["the second key", "the first key"])
    assert [call("POST", each, ONE_CLICK)[0] for each in (link, new)] == [200, 200]
    assert get_opt_out(email.ports, email.user).scopes == {"category:news", "category:offers"}
    key.replace(key="the third key")
    assert [call("GET", each)[0] for each in (link, new)] == [403, 403]


def test_a_key_that_cannot_be_read_is_not_the_readers_fault(
    email: Consumer, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSUBSCRIBE_SECRET_ID", "there-is-none")
    credentials.forget_credentials()

    event = proxy_event("POST", link, "/unsubscribe/{token}", ONE_CLICK)
    assert lambda_handler(event, None)["statusCode"] == 503
    assert ledger(email) is None


def test_a_category_is_shown_as_a_text(email: Consumer, link: str) -> None:
    del email
    token = seal(Subscription("eggs", "a.b:c_d-e", "id"))
    _, page = call("GET", f"{link.rpartition('/')[0]}/{token}")

    assert "<b><bdi>a.b:c_d-e</bdi></b>" in page
    assert urlsplit(link).path.count("/") == 3


def test_neither_the_token_nor_the_user_is_in_the_logs(
    email: Consumer,
    link: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "notification_core")
    call("POST", link, ONE_CLICK)
    call("POST", f"{link}AAAA", ONE_CLICK)

    written = "".join(capfd.readouterr()) + caplog.text
    assert email.user not in written
    assert link.rpartition("/")[2] not in written
