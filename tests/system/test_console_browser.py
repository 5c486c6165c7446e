"""The console in a real browser: every page and every role, with axe, and without JavaScript."""

import json
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from infra.local.layout import PROJECT
from notification_core.entrypoints.http_api.fields import iso
from tests.browser.chromium import PYTHON
from tests.functions.api_requests import now
from tests.system.conftest import System, wait_for

#: Two versions of the template that is visited.
TEXTS = ("Your order {{ order }} is on its way.", "Order {{ order }} arrives today.")


def store_template(system: System, name: str) -> None:
    """Store two versions of a template, and publish the first one."""
    for version, text in enumerate(TEXTS, 1):
        html = f'<h1>{text}</h1><a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a>'
        body: Mapping[str, Any] = {
            "default_locale": "en",
            "schema": {
                "type": "object",
                "properties": {"order": {"type": "string"}},
                "required": ["order"],
                "examples": [{"order": "A-1042"}],
            },
            "content": {
                "en": {"email": {"subject": "Your order", "html": html}, "sms": {"body": text}}
            },
        }
        stored = system.api("PUT", f"/templates/{name}", body)
        assert (stored.status, stored.body["version"]) == (201, version), stored
        if version == 1:
            assert system.api("POST", f"/templates/{name}/publish").status == 200


def test_every_page_works_in_a_browser_for_every_role(
    system: System, user: str, chromium: str
) -> None:
    system.register(user, "Email", f"reject-{user}@example.com")
    html = "<h1>In a frame</h1><script>document.title = 'x'</script>"
    [waiting] = system.notify(user=user, scheduled_delivery=iso(now() + timedelta(hours=1)))
    [failed] = system.notify(user=user, title="A title", body=html, reference="a" * 200)
    assert system.ended(failed)["status"] == "DELIVERY FAILURE"
    template = f"browser-{user[-12:]}"
    store_template(system, template)
    job = system.api("POST", "/notifications/redrive", {"ids": [failed["id"]], "dry_run": True})
    wait_for(lambda: system.api("GET", f"/jobs/{job.body['id']}").body["state"] != "running")
    task = {
        "chromium": chromium,
        "site": {
            "url": system.access["console_url"],
            "password": system.access["console_password"],
            "notification": failed["id"],
            "waiting": waiting["id"],
            "user": user,
            "template": template,
        },
    }

    checked = subprocess.run(
        [PYTHON, "-m", "tests.browser.check"],
        cwd=PROJECT,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    problems = json.loads(checked.stdout)
    assert not problems, "\n".join(problems)
