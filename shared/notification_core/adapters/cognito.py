"""The user pool of the console in Amazon Cognito: its users, and the console's app client."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from notification_core.domain.console_sessions import Person, roles_of
from notification_core.domain.errors import Unavailable

#: App clients of one page (Amazon Cognito API Reference, ListUserPoolClients).
PAGE = 60
#: Groups of one page (Amazon Cognito API Reference, AdminListGroupsForUser).
GROUPS_PAGE = 60


class CognitoDirectory:
    """A Directory.

    Args:
        client: returns the client of Cognito, which takes a while to create.
        pool: the id of the user pool.
    """

    def __init__(self, client: Callable[[], Any], pool: str) -> None:
        self._client, self._pool = client, pool

    def find(self, username: str) -> Person | None:
        whom = {"UserPoolId": self._pool, "Username": username}
        try:
            user = self._client().admin_get_user(**whom)
            groups = self._client().admin_list_groups_for_user(**whom, Limit=GROUPS_PAGE)["Groups"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "UserNotFoundException":
                return None
            raise Unavailable from error
        except BotoCoreError as error:
            raise Unavailable from error
        if not user["Enabled"]:
            return None
        attributes = {attribute["Name"]: attribute["Value"] for attribute in user["UserAttributes"]}
        name = attributes.get("email") or username
        return Person(username, name, roles_of(group["GroupName"] for group in groups))


@dataclass(frozen=True, slots=True)
class AppClient:
    """The console's client at the user pool, as the template creates it."""

    id: str
    secret: str
    callback_url: str
    sign_out_url: str  #: where the browser arrives after a sign-out


def find_app_client(client: Any, pool: str, name: str) -> AppClient:
    """Return the app client with this name.

    It is looked up, because its id in an environment variable would be a cycle in the template: the
    client has the API's URL, and the API has the function.

    Raises:
        Unavailable: it cannot be read.
    """
    try:
        pages = client.get_paginator("list_user_pool_clients").paginate(
            UserPoolId=pool, PaginationConfig={"PageSize": PAGE}
        )
        listed = [summary for page in pages for summary in page["UserPoolClients"]]
        [client_id] = [summary["ClientId"] for summary in listed if summary["ClientName"] == name]
        described = client.describe_user_pool_client(UserPoolId=pool, ClientId=client_id)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise Unavailable from error
    stored = described["UserPoolClient"]
    return AppClient(
        client_id, stored["ClientSecret"], stored["CallbackURLs"][0], stored["LogoutURLs"][0]
    )
