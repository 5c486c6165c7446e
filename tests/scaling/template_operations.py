"""The operations of templates, after those of `operations`."""

from dataclasses import replace
from uuid import uuid4

from tests.scaling.operations import OPERATIONS, Scene, api

__all__ = ["OPERATIONS"]


def a_version() -> dict[str, object]:
    """A version with a content of its own."""
    return {
        "default_locale": "en",
        "schema": {
            "type": "object",
            "properties": {"order": {"type": "string"}},
            "required": ["order"],
        },
        "content": {"en": {"sms": {"body": f"{uuid4()} {{{{ order }}}}"}}},
        "examples": [{"order": "A-17"}],
    }


def _stored(scene: Scene) -> None:
    """Store two versions."""
    scene.kept |= {"name": f"t-{uuid4()}", "version": 2}
    for _ in range(2):
        scene.ask("PUT", f"/templates/{scene.kept['name']}", a_version())


def _published(scene: Scene) -> None:
    """Store two versions and publish the first one."""
    _stored(scene)
    scene.ask("POST", f"/templates/{scene.kept['name']}/publish", {"version": 1})


def _allowed(scene: Scene) -> None:
    """Store a version, and allow tests to the address."""
    _stored(scene)
    module = scene.module
    deployment = replace(module.deployment, allow_list=(scene.address,))
    for each in scene.ports.modules.all():
        scene.ports.modules.put(replace(each, deployment=deployment))
    scene.ports.modules.recent()


api("GET /templates", query={"limit": "1"}, ready=_stored)
api("GET /templates/{name}", ready=_stored)
api("PUT /templates/{name}", lambda _: a_version(), ready=_stored)
api("POST /templates/{name}/publish", lambda _: {}, ready=_stored)
api("DELETE /templates/{name}", ready=_stored)
api("GET /templates/{name}/versions", ready=_stored)
api("GET /templates/{name}/versions/{version}", ready=_stored)
api("GET /templates/{name}/diff", ready=_published)
api("POST /templates/{name}/preview", lambda _: {}, ready=_stored)


def _a_test(scene: Scene) -> dict[str, object]:
    """A test to the address of the user, which the deployment allows."""
    return {"to": {"target": "Twilio", "address": scene.address}}


api("POST /templates/{name}/test", _a_test, ready=_allowed)
