"""Serialisation of responses, and their maximum size.

API Gateway takes a function's response as JSON in which the body is a string, so the body is
escaped twice. Up to Python 3.11, Lambda's runtime also escapes every non-ASCII character.

Sources: AWS Lambda Developer Guide, "Lambda quotas" (6 MB for a synchronous response);
aws/aws-lambda-python-runtime-interface-client, `lambda_runtime_marshaller.py`.
"""

import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from notification_core.domain.paging import Page

#: Bytes of a body, escaped as part of the function's response. The rest of the quota is reserved
#: for status and headers.
MAX_ANSWER = 6_000_000

#: The runtimes that do not escape non-ASCII characters, by `AWS_EXECUTION_ENV`. All others are
#: assumed to escape them, which is the larger form.
LEAVES_UNICODE = frozenset({"AWS_Lambda_python3.12", "AWS_Lambda_python3.13"})

#: The runtime's encoder (simplejson) always escapes these two characters: 6 bytes instead of 3.
SEPARATORS = "\u2028\u2029"

Answer = TypeVar("Answer", bound=BaseModel)

#: Serialises a response body.
to_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def size_of(answer: BaseModel) -> int:
    """Return the bytes that a body takes in the function's response."""
    body = answer.model_dump_json(by_alias=True)
    escapes = os.environ.get("AWS_EXECUTION_ENV") not in LEAVES_UNICODE
    extra = 0 if escapes else 3 * sum(map(body.count, SEPARATORS))
    return len(json.dumps(body, ensure_ascii=escapes).encode()) + extra


def fitting(whole: Callable[[], Answer], brief: Callable[[], Answer]) -> Answer:
    """Return the full response, or the brief one if the full one is too large."""
    answer = whole()
    return answer if size_of(answer) <= MAX_ANSWER else brief()


def fitting_page(answer_of: Callable[[Page[Any]], Answer], page: Page[Any]) -> Answer:
    """Return the response for a page, or for its first items if the page is too large."""
    while True:
        answer = answer_of(page)
        count = len(page.items)
        if count <= 1 or size_of(answer) <= MAX_ANSWER:
            return answer
        page = page.first(max(count // 4, 1))
