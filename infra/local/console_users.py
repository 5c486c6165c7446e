"""The users of the local console: one for each role, with a password in stack.json."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

#: The groups of the user pool, which are the console's roles.
ROLES = ("admin", "operator", "support", "author")


def address_of(role: str) -> str:
    """Return the address with which a role's user signs in."""
    return f"{role}@example.com"


def make_console_users(client: Any, pool: str, known: Mapping[str, Any] | None) -> dict[str, str]:
    """Create the users that do not exist; return the login of the administrator.

    Args:
        client: a boto3 client of Cognito.
        pool: the id of the user pool.
        known: the access data of the last deployment, whose password is kept.
    """
    password = (known or {}).get("console_password") or f"Aa1-{secrets.token_urlsafe(12)}"
    for role in ROLES:
        whom = {"UserPoolId": pool, "Username": address_of(role)}
        with suppress(client.exceptions.UsernameExistsException):
            client.admin_create_user(
                **whom,
                MessageAction="SUPPRESS",
                TemporaryPassword=password,
                UserAttributes=[
                    {"Name": "email", "Value": address_of(role)},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
        client.admin_set_user_password(**whom, Password=password, Permanent=True)
        client.admin_add_user_to_group(**whom, GroupName=role)
    return {"console_user": address_of(ROLES[0]), "console_password": password}


def describe_console(access: Mapping[str, Any]) -> list[str]:
    """Return the lines that say where the console is and how to sign in."""
    if "console_url" not in access:
        return []
    others = ", ".join(address_of(role) for role in ROLES[1:])
    return [
        f"console    {access['console_url']}",
        f"  sign in  {access['console_user']}, password {access['console_password']}",
        f"           ({others}: same password, other roles)",
    ]
