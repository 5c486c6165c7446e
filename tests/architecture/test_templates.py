"""The reader of the templates reads what they are written in."""

import pytest

from tests.architecture.templates import parse


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: two words  # comment", {"a": "1", "b": "two words"}),
        ("a: 'it: # is'\nb: \"x\"", {"a": "it: # is", "b": "x"}),
        ("a:\n  b:\n    c: d\ne: f", {"a": {"b": {"c": "d"}}, "e": "f"}),
        (
            "a:\n  - b\n  - c: d\n    e: f\n  - - g\n    - h",
            {"a": ["b", {"c": "d", "e": "f"}, ["g", "h"]]},
        ),
        ("a: {b: c, d: [e, 'f, g']}\n\n# x\nh: []", {"a": {"b": "c", "d": ["e", "f, g"]}, "h": []}),
        (
            "a: !Ref B\nc: !Sub '${D}-e'\nf: !If [G, !Ref H, i]",
            {"a": "!Ref B", "c": "${D}-e", "f": ["G", "!Ref H", "i"]},
        ),
        (
            "a: !If\n  - B\n  - - !Sub\n      - c\n      - d: e\n  - '*'",
            {"a": ["B", [["c", {"d": "e"}]], "*"]},
        ),
        ("arn: arn:${AWS::Partition}:sqs", {"arn": "arn:${AWS::Partition}:sqs"}),
    ],
)
def test_what_is_written_is_read(text: str, found: object) -> None:
    assert parse(text) == found


@pytest.mark.parametrize("text", ["a: b\n  c: d", "a: [b] c", "a: b\nnonsense"])
def test_what_it_cannot_read_is_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError, match="not read"):
        parse(text)
