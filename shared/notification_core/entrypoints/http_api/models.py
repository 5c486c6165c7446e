"""Base classes of requests and responses."""

from typing import Any, Self

from pydantic import ConfigDict, model_validator

from notification_core.entrypoints.http_api.fields import ApiModel
from notification_core.entrypoints.http_api.json_schema import changes


class Request(ApiModel):
    """A JSON body."""

    model_config = ConfigDict(extra="forbid")


class Patch(Request):
    """A JSON body of changes; it contains at least one field, and none is null."""

    model_config = ConfigDict(json_schema_extra=changes)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"name at least one of {', '.join(type(self).model_fields)}")
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null")
        return self

    def changes(self) -> dict[str, Any]:
        """Return the fields in the request."""
        return self.model_dump(exclude_unset=True)


class Response(ApiModel):
    """A response that is built from the attributes of an entity."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the response for an entity; `more` replaces attributes."""
        names = cls.model_fields.keys() - more.keys()
        return cls(**{name: getattr(entity, name) for name in names}, **more)
