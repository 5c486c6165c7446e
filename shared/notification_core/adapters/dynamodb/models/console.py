"""Items of the console's tables."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import OnDemand


class SessionItem(Model):
    """A session of the console, under the hash of its id."""

    class Meta(OnDemand):
        table_name = "sessions"
        variable = "SESSIONS_TABLE"

    id = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute()
    name = UnicodeAttribute()
    roles = UnicodeAttribute()  # separated by spaces
    csrf_token = UnicodeAttribute()
    created_at = NumberAttribute()
    roles_read_at = NumberAttribute()
    unmasked = UnicodeAttribute(default="{}")  # JSON text: {key of a subject: epoch ms}
    expires_at = NumberAttribute()


class AuditItem(Model):
    """An entry of the audit log."""

    class Meta(OnDemand):
        table_name = "audit"
        variable = "AUDIT_TABLE"

    month = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)
    id = UnicodeAttribute()
    at = NumberAttribute()
    who = UnicodeAttribute()
    username = UnicodeAttribute()
    action = UnicodeAttribute()
    subject = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    job = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


#: The models of the tables that only a deployment with the console has.
ALL = (SessionItem, AuditItem)

#: The variables with the names of the tables.
VARIABLES = [model.Meta.variable for model in ALL]
