"""Routes. Each is declared once, with its input, its output and its possible problems.

A function's annotations are the input and the output, its name is the operation's id, and the first
line of its docstring is the summary.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypedDict, TypeVar, Unpack

from pydantic import BaseModel

from notification_core.domain.errors import NotificationError

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class NewId:
    """The id in a response that other operations take, for the document's links.

    Args:
        parameter: the path's parameter for the id.
        place: the JSON pointer to the id in the response.
    """

    parameter: str
    place: str = "/id"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of an operation whose function chooses the status itself.

    Args:
        model: the response's body.
        description: the circumstances, if the status does not say enough.
        new_id: the id in this response that other operations take.
        example: a body, if the model's own example does not fit this operation.
    """

    model: type[BaseModel]
    description: str = ""
    new_id: NewId | None = None
    example: Mapping[str, Any] | None = None


class Options(TypedDict, total=False):
    """The declaration of a route, apart from its function.

    `problems` are the errors with a status below 500 that the operation may return, besides those
    that every operation may return. `example` is the body of the response with `status`, if the
    model's own example does not fit.
    """

    status: HTTPStatus
    problems: Iterable[type[NotificationError]]
    new_id: NewId
    replies: Mapping[HTTPStatus, Reply]
    example: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method of a path, and its function."""

    method: str
    rule: str
    tag: str
    function: Callable[..., Any]
    status: HTTPStatus = HTTPStatus.OK
    problems: Iterable[type[NotificationError]] = ()
    new_id: NewId | None = None
    replies: Mapping[HTTPStatus, Reply] = field(default_factory=dict)
    example: Mapping[str, Any] | None = None


class Routes:
    """The routes of one subject.

    Args:
        tag: the subject in the OpenAPI document.
    """

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.operations: list[Operation] = []

    def get(self, rule: str, **options: Unpack[Options]) -> Callable[[Function], Function]:
        """Declare the decorated function as a GET."""
        return self._add("GET", rule, options)

    def post(self, rule: str, **options: Unpack[Options]) -> Callable[[Function], Function]:
        """Declare the decorated function as a POST."""
        return self._add("POST", rule, options)

    def put(self, rule: str, **options: Unpack[Options]) -> Callable[[Function], Function]:
        """Declare the decorated function as a PUT."""
        return self._add("PUT", rule, options)

    def patch(self, rule: str, **options: Unpack[Options]) -> Callable[[Function], Function]:
        """Declare the decorated function as a PATCH."""
        return self._add("PATCH", rule, options)

    def delete(self, rule: str, **options: Unpack[Options]) -> Callable[[Function], Function]:
        """Declare the decorated function as a DELETE."""
        return self._add("DELETE", rule, options)

    def _add(self, method: str, rule: str, options: Options) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            self.operations.append(
                Operation(method=method, rule=rule, tag=self._tag, function=function, **options)
            )
            return function

        return declare
