"""A module's item: what an earlier release stored is read by a later one."""

import json

from notification_core.adapters.dynamodb.models import ModuleItem
from notification_core.adapters.dynamodb.tables.modules import _module, manifest_text
from tests.builders import a_module


def test_a_field_that_an_earlier_release_did_not_store_has_its_default() -> None:
    """Functions run the new code before the deployment registers its targets again."""
    stored = json.loads(manifest_text(a_module(channel="sms", stop_scope="everything")))
    for added_later in ("channel", "stop_scope"):
        del stored[added_later]

    assert _module(ModuleItem("pigeon", manifest=json.dumps(stored))) == a_module()


def test_a_channel_that_is_the_modules_name_is_stored_as_an_earlier_release_can_read_it() -> None:
    text = manifest_text(a_module())

    assert json.loads(text)["channel"] is None
    assert _module(ModuleItem("pigeon", manifest=text)).channel == "pigeon"
