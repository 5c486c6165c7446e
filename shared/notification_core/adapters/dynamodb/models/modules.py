"""Items of the modules table."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import OnDemand


class ModuleItem(Model):
    """A deployed handler module; or, under `progress#` and its name, its dispatch progress.

    The two are separate because a write is charged by the size of its item: a manifest with its
    error table has up to 16 KB, and the dispatcher writes at each tick.
    """

    class Meta(OnDemand):
        table_name = "modules"
        variable = "MODULES_TABLE"

    name = UnicodeAttribute(hash_key=True)
    manifest = UnicodeAttribute(null=True)  # JSON text: the module's target.json and errors.json
    pause = UnicodeAttribute(null=True)  # JSON text: [reason, code, epoch ms]; absent while active
    paused_by = UnicodeAttribute(null=True)
    paused_who = UnicodeAttribute(null=True)  # apart, because earlier releases read three parts
    shards = NumberAttribute(default=0)  # the highest number that the module has had
    sender_refusals = UnicodeAttribute(null=True)  # JSON text: [[epoch ms, hash of a domain], ...]
    # Attributes of the progress:
    cursors = UnicodeAttribute(null=True, attr_name="cursor_text")  # JSON: {shard: [due_at, id]}
    resumptions = NumberAttribute(default=0)
    swept_at = NumberAttribute(default=0)
    probed_at = NumberAttribute(default=0)
