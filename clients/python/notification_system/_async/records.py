"""Target user records: the addresses of users."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from notification_system._async.calls import AsyncCalls, listing
from notification_system.decoding import decode
from notification_system.errors import (
    NotFound,
    RecordExists,
    api_error,
)
from notification_system.requests import NewRecord, path_of, present
from notification_system.results import Page, RecordResult, TargetUserRecord


class AsyncRecords(AsyncCalls):
    """The methods for addresses."""

    async def list_records(
        self, user: str, *, limit: int = 100, next: str | None = None
    ) -> Page[TargetUserRecord]:
        """Return a page of a user's addresses, oldest first."""
        path = listing("/target-user-records", user=user, limit=limit, after=next)
        return await self._page(TargetUserRecord, path)

    def records(self, user: str) -> AsyncIterator[TargetUserRecord]:
        """Iterate over every address of a user."""
        return self._pages(lambda after: self.list_records(user, next=after))

    async def get_record(self, record_id: str) -> TargetUserRecord:
        """Return an address. Raises NotFound."""
        path = path_of("/target-user-records/{}", record_id)
        return decode(TargetUserRecord, await self.request("GET", path))

    async def add_record(
        self,
        *,
        user: str,
        target: str,
        target_user_id: str,
        description: str | None = None,
        active: bool | None = None,
    ) -> TargetUserRecord:
        """Add a user's address in a target, which is a name or an id.

        Raises:
            RecordExists: the user has this address already.
            BeingErased: the user is being erased.
            UnknownTarget: there is no such target.
            InvalidInput: the target cannot deliver to the address.
        """
        body = present(
            {
                "user": user,
                "target": target,
                "target_user_id": target_user_id,
                "description": description,
                "active": active,
            }
        )
        try:
            return decode(
                TargetUserRecord, await self.request("POST", "/target-user-records", body)
            )
        except RecordExists as error:
            if error.possibly_repeated:
                stored = await self._stored_record(user, target, target_user_id)
                if stored is not None:
                    return stored
            raise

    async def add_records(self, records: Iterable[NewRecord]) -> list[RecordResult]:
        """Add any number of addresses in batches; return one result for each, in order.

        An address that the user already has is not an error, so the call can be repeated.

        Raises:
            SendInterrupted: the API could not be reached, or rejects the caller.
        """
        return await self._in_batches(map(present, records), self._add_records)

    async def _add_records(self, batch: Sequence[Mapping[str, Any]]) -> list[RecordResult]:
        answer = await self.request("POST", "/target-user-records/batch", {"items": batch})
        return [_record_result(response) for response in answer["items"]]

    async def _stored_record(
        self, user: str, target: str, target_user_id: str
    ) -> TargetUserRecord | None:
        """Return the address that an earlier attempt of the same call has added."""
        async for record in self.records(user):
            if record.target_user_id == target_user_id:
                path = path_of("/targets/{}", record.target)
                stored_target = await self.request("GET", path)
                if target in {stored_target["id"], stored_target["name"]}:
                    return record
        return None

    async def change_record(
        self,
        record_id: str,
        *,
        target_user_id: str | None = None,
        description: str | None = None,
        active: bool | None = None,
    ) -> TargetUserRecord:
        """Change an address, or deactivate or activate it. Raises NotFound, RecordExists."""
        changes = present(
            {"target_user_id": target_user_id, "description": description, "active": active}
        )
        path = path_of("/target-user-records/{}", record_id)
        return decode(TargetUserRecord, await self.request("PATCH", path, changes))

    async def remove_record(self, record_id: str) -> None:
        """Remove an address; notifications that wait for it end as INACTIVE DEVICE."""
        try:
            await self.request("DELETE", path_of("/target-user-records/{}", record_id))
        except NotFound as error:
            if not error.possibly_repeated:
                raise


def _record_result(response: Mapping[str, Any]) -> RecordResult:
    status = response["status"]
    if problem := response["problem"]:
        return RecordResult(error=api_error(status, problem))
    return RecordResult(
        decode(TargetUserRecord, response["record"]), existed=status == HTTPStatus.OK
    )
