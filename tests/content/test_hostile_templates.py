"""Hostile templates end with an error within 50 ms of processor time and 32 MB."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

#: The folder of the code that is tested.
SHARED = Path(__file__).parents[2] / "shared"

MOST_MILLISECONDS = 50
MOST_MEGABYTES = 32

LONG = "a" * 100_000
ROWS = [{"n": number, "s": "x" * 10} for number in range(1_000)]
NESTED = "{% for i in range(1000) %}{% for j in range(1000) %}…{% endfor %}{% endfor %}"


def in_rows(condition: str) -> str:
    """A condition that is evaluated for each of 1,000 rows."""
    return f"{{% for row in rows %}}{{% if {condition} %}}x{{% endif %}}{{% endfor %}}"


EXPENSIVE: dict[str, tuple[str, dict[str, Any]]] = {
    "a long range": ("{% for i in range(100000) %}x{% endfor %}", {}),
    "loops in loops": (NESTED.replace("…", "x"), {}),
    "loops in loops that print": (NESTED.replace("…", "{{ j }}"), {}),
    "empty loops": ("{% for i in range(1000) if false %}{% endfor %}" * 600, {}),
    "long text in a loop": ("{% for i in range(1000) %}" + "x" * 60_000 + "{% endfor %}", {}),
    "a long value in a loop": ("{% for row in rows %}{{ long }}{% endfor %}", {}),
    "a value that grows when escaped": (
        "{% for row in rows %}{{ angles }}{% endfor %}",
        {"angles": "<" * 100_000},
    ),
    "a text that doubles": (
        "{% set a = long %}" + "{% set a = a + a %}" * 30 + "{{ a }}",
        {"long": "x" * 1000},
    ),
    "a list that doubles": (
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{% if a %}x{% endif %}",
        {},
    ),
    "additions": (in_rows("long + " * 90 + "long == 'x'"), {}),
    "additions outside of loops": (("{% if " + "long + " * 90 + "'a' %}{% endif %}") * 90, {}),
    "searches": (in_rows("'zz' in long and " * 30 + "true"), {}),
    "filters of a long text": (in_rows("long | upper and " * 30 + "true"), {}),
    "filters of a short text": (in_rows("short | upper and " * 30 + "true"), {"short": "s"}),
    "filters of a list": (in_rows("rows | length and " * 30 + "true"), {}),
    "sorting": (in_rows("rows | sort(attribute='n')"), {}),
    "joining": ("{% for row in rows %}{{ rows | join(',', 's') }}{% endfor %}", {}),
    "comparing lists": (in_rows("rows == same"), {"same": [dict(row) for row in ROWS]}),
    "comparing objects in a list": (in_rows("row in rows"), {}),
    "fields of fields": (
        in_rows("a.b.c.d and " * 22 + "true"),
        {"a": {"b": {"c": {"d": 1}}}},
    ),
    "replacing": ("{{ long | replace('a', '" + "x" * 900 + "') }}", {}),
    "dates": (NESTED.replace("…", "{{ '2026-01-01' | date('" + "y" * 90 + "') }}"), {}),
    "letters of a text": (
        "{% for a in long %}{% for b in long %}{{ b }}{% endfor %}{% endfor %}",
        {},
    ),
    "a large number": ("{{ number | number }}", {"number": "1e999999"}),
}

REFUSED = {
    "multiplication": "{{ 'a' * 10000000 }}",
    "powers": "{{ 10 ** 1000000 }}",
    "concatenation": "{{ a ~ a }}",
    "recursive loops": "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "macros": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "includes": "{% include 'en/email/html' %}",
    "blocks": "{% block a %}{% endblock %}",
    "captured text": "{% set a %}x{% endset %}",
    "filtered blocks": "{% filter upper %}x{% endfilter %}",
    "unescaped blocks": "{% autoescape false %}{{ a }}{% endautoescape %}",
    "raw blocks": "{% raw %}{{ a }}{% endraw %}",
    "calls": "{% do debug() %}",
    "attributes of Python": "{{ a.__class__.__mro__ }}",
    "attributes of Python by index": "{{ a['__class__'] }}",
    "methods": "{{ a.items() }}",
    "methods without a call": "{{ a.items }}",
    "the engine's own functions": "{{ _tick.__globals__ }}",
    "the state": "{{ debug() }}",
    "namespaces": "{% set names = namespace(a=1) %}",
    "loops as functions": "{% for i in [1] %}{{ loop([1]) }}{% endfor %}",
    "objects": "{{ {'a': 1} }}",
    "slices": "{{ 'abc'[::-1] }}",
    "parentheses": "{{" + "(" * 5_000 + "1" + ")" * 5_000 + "}}",
    "brackets": "{{" + "[" * 90 + "]" * 90 + "}}",
    "a long sum": "{{ 1" + " + 1" * 100_000 + " }}",
    "a long literal": "{{ '" + "x" * 100_000 + "' }}",
    "deep conditions": "{% if a %}" * 5_000 + "{% endif %}" * 5_000,
    "many branches": "{% if a %}" + "{% elif a %}" * 20_000 + "{% endif %}",
    "many tags": "{{ 1 }}" * 200_000,
    "many long tags": ("{% if " + "a + " * 90 + "a %}{% endif %}") * 2_000,
    "open tags": "{{ " * 50_000,
    "open texts": "{{ " + "'" * 50_001,
    "open comments": "{#" * 100_000,
    "a chain of filters": "{{ 'aaaaaaaaaa'" + " | replace('a', 'aaaaaaaaaa')" * 30 + " }}",
}

RENDER = """
import json, resource, sys, time
from notification_content.templates.language.engine import Engine, RenderingFailed

def rendered(source, data):
    try:
        engine = Engine({"en/email/html": source})
        return "rendered " + engine.render("en/email/html", data, "en", "UTC")
    except RenderingFailed as error:
        return error.message

def kilobytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

case = json.load(sys.stdin)
rendered("{{ text | upper }} {{ 1 | number }}", {"text": "a"})
before, times = kilobytes(), []
# The shortest of three, because other processes on the machine slow each other down.
for _ in range(3):
    start = time.process_time()
    message = rendered(**case)
    times.append(1000 * (time.process_time() - start))
print(json.dumps([message, min(times), (kilobytes() - before) / 1024]))
"""


def cost(source: str, data: dict[str, Any]) -> tuple[str, float, float]:
    """The result in a process of its own, milliseconds of processor time, and megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", RENDER],
        input=json.dumps({"source": source, "data": data}),
        env=os.environ | {"PYTHONPATH": str(SHARED)},
        capture_output=True,
        text=True,
        check=True,
    )
    message, milliseconds, megabytes = json.loads(done.stdout)
    return message, milliseconds, megabytes


@pytest.mark.parametrize("case", EXPENSIVE)
def test_an_expensive_template_ends(case: str) -> None:
    source, data = EXPENSIVE[case]
    message, milliseconds, megabytes = cost(source, {"long": LONG, "rows": ROWS} | data)
    assert not message.startswith("rendered")
    assert milliseconds < MOST_MILLISECONDS
    assert megabytes < MOST_MEGABYTES


@pytest.mark.parametrize("case", REFUSED)
def test_a_template_with_more_than_templates_may_do_ends(case: str) -> None:
    message, milliseconds, megabytes = cost(REFUSED[case], {"a": {"b": 1}})
    assert not message.startswith("rendered")
    assert milliseconds < MOST_MILLISECONDS
    assert megabytes < MOST_MEGABYTES


def test_a_list_of_a_thousand_rows_is_rendered() -> None:
    row = "{{ row.n | number }} {{ row.s }} {{ row.s | upper }} {% if row.n == 3 %}!{% endif %}"
    source = "{% for row in rows %}<tr>" + row + "</tr>{% endfor %}"
    message, _, _ = cost(source, {"rows": ROWS[:500]})
    assert message.startswith("rendered <tr>0 xxxxxxxxxx")
