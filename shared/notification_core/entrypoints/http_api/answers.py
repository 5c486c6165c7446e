"""How an answer becomes text, and how large it may be.

API Gateway takes a function's answer as JSON in which the body is a text, so the body is escaped
twice. Up to Python 3.11 Lambda's runtime also escapes every character that is not ASCII.

Sources: AWS Lambda Developer Guide, "Lambda quotas" (6 MB for a synchronous response);
aws/aws-lambda-python-runtime-interface-client, `lambda_runtime_marshaller.py`.
"""

import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from notification_core.ports import Page

#: Bytes of a body, escaped as part of the function's answer. The rest is for status and headers.
MAX_ANSWER = 6_000_000

#: The runtimes that leave characters as they are, by `AWS_EXECUTION_ENV`. Any other one is taken
#: to escape them, which is the larger.
LEAVES_UNICODE = frozenset({"AWS_Lambda_python3.12", "AWS_Lambda_python3.13"})

#: The runtime's encoder (simplejson) escapes these two always: 6 bytes instead of 3.
SEPARATORS = "\u2028\u2029"

Answer = TypeVar("Answer", bound=BaseModel)

#: Turns an answer's body into text.
to_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def size_of(answer: BaseModel) -> int:
    """Return the bytes that an answer's body takes in the function's answer."""
    body = answer.model_dump_json(by_alias=True)
    escapes = os.environ.get("AWS_EXECUTION_ENV") not in LEAVES_UNICODE
    extra = 0 if escapes else 3 * sum(map(body.count, SEPARATORS))
    return len(json.dumps(body, ensure_ascii=escapes).encode()) + extra


def fitting(whole: Callable[[], Answer], brief: Callable[[], Answer]) -> Answer:
    """Return the whole answer, or the brief one where that would be too large."""
    answer = whole()
    return answer if size_of(answer) <= MAX_ANSWER else brief()


def fitting_page(answer_of: Callable[[Page[Any]], Answer], page: Page[Any]) -> Answer:
    """Return the answer for a page, or for the first of its items where they are large."""
    while True:
        answer = answer_of(page)
        count = len(page.items)
        if count <= 1 or size_of(answer) <= MAX_ANSWER:
            return answer
        page = page.first(max(count // 4, 1))
