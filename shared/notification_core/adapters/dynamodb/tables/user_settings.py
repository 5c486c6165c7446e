"""The settings of users in DynamoDB, in the table of their addresses."""

from collections.abc import Iterable

from notification_core.adapters.dynamodb.fast.attributes import RawItem, plain
from notification_core.adapters.dynamodb.fast.batch_get import read_items
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.models import UserSettingsItem
from notification_core.domain.user_settings import UserSettings

PREFIX = "settings#"


class DynamoUserSettings:
    """A UserSettingsStore.

    Args:
        client: the DynamoDB client.
    """

    def __init__(self, client: LowLevelClient) -> None:
        self._client = client

    def put(self, settings: UserSettings) -> None:
        item = UserSettingsItem(
            PREFIX + settings.user, locale=settings.locale, time_zone=settings.time_zone
        )
        if settings.is_empty:
            item.delete()
        else:
            item.save()

    def get(self, users: Iterable[str]) -> dict[str, UserSettings]:
        ids = [PREFIX + user for user in users]
        if not ids:
            return {}
        items = read_items(self._client, UserSettingsItem.Meta.table_name, "id", ids)
        return {settings.user: settings for settings in map(_settings, items)}


def _settings(item: RawItem) -> UserSettings:
    values = plain(item)
    return UserSettings(
        user=values["id"].removeprefix(PREFIX),
        locale=values.get("locale"),
        time_zone=values.get("time_zone"),
    )
