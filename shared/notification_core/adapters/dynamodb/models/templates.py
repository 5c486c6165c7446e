"""Items of the templates table."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import KeysOnly, OnDemand


class TemplateHeads(GlobalSecondaryIndex[Any]):
    """Heads by name. A version, and the head of a removed template, is not in it."""

    class Meta(KeysOnly):
        index_name = "heads"

    listed = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)


class TemplateItem(Model):
    """The head of a template: `version` is 0."""

    class Meta(OnDemand):
        table_name = "templates"
        variable = "TEMPLATES_TABLE"

    name = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(range_key=True, default=0)
    listed = UnicodeAttribute(null=True)  # absent once it is removed
    category = UnicodeAttribute(null=True)
    published = NumberAttribute(null=True)
    first = NumberAttribute()
    latest = NumberAttribute()
    publications = UnicodeAttribute()  # JSON text: [[version, author, note, epoch ms], ...]
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    revision = NumberAttribute()
    heads = TemplateHeads()


class TemplateVersionItem(Model):
    """A version of a template: `version` is at least 1."""

    class Meta(TemplateItem.Meta):
        pass

    name = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(range_key=True)
    digest = UnicodeAttribute()
    is_compiled = BooleanAttribute()
    # The content as gzipped JSON: in the item, or in S3 under the key.
    body = BinaryAttribute(null=True, legacy_encoding=False)
    body_key = UnicodeAttribute(null=True)
    author = UnicodeAttribute()
    note = UnicodeAttribute()
    created_at = NumberAttribute()
    published_at = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # set once the template is removed
