"""What templates may contain: each refusal names the line and says what to write instead."""

import pytest

from notification_content.templates.language.scanner import SyntaxProblem
from notification_content.templates.language.statements import checked_tags, instrumented


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ }}", "{{ }} is empty"),
        ("{% %}", "{% %} is not a statement of templates"),
        ("{{ a", "the tag does not end; write }}"),
        ("{{ a %}", "the tag does not end; write }}"),
        ("{% if a }}", "the tag does not end; write %}"),
        ("{{ a ? b }}", "'?' has no meaning here"),
        ("{{ 'a }}", "has no meaning here"),
        ("{# a", "the comment {# does not end; write #}"),
        ("{% if a %}", "{% if %} does not end; write {% endif %}"),
        ("{% for a in b %}{% endif %}", "{% endif %} ends nothing that is open here"),
        ("{% endfor %}", "{% endfor %} ends nothing that is open here"),
        ("{% else %}", "{% else %} does not belong to an open if"),
        ("{% for a in b %}{% elif c %}{% endfor %}", "{% elif %} does not belong to an open if"),
        ("{% if a %}{% else %}{% else %}{% endif %}", "{% else %} does not belong to an open if"),
        ("{% for a %}{% endfor %}", "write {% for item in items %}"),
        ("{% for 1 in a %}{% endfor %}", "write {% for item in items %}"),
        ("{% for a, b, c in d %}{% endfor %}", "write {% for item in items %}"),
        ("{% for a.b in c %}{% endfor %}", "write {% for item in items %}"),
        ("{% set a %}", "write {% set name = value %}"),
        ("{% set a.b = 1 %}", "write {% set name = value %}"),
        ("{% set a, b = c %}", "write {% set name = value %}"),
        ("{{ a * b }}", "use the filter `times`"),
        ("{{ a[1:2] }}", "a part of a list cannot be taken"),
        ("{{ a() }}", "`a` cannot be called"),
        ("{{ a.b() }}", "`b` cannot be called"),
        ("{{ 'a'() }}", "cannot be called"),
        ("{{ a[0]() }}", "`]` cannot be called"),
        ("{{ (a)(b) }}", "`)` cannot be called"),
        ("{{ a.cycle() }}", "`cycle` cannot be called"),
        ("{{ _a }}", "`_a`: a name cannot begin with _"),
        ("{{ a._b }}", "`_b`: a name cannot begin with _"),
        ("{{ a | b }}", "there is no filter `b`"),
        ("{{ a is b }}", "there is no test `is b`"),
        ("{{ a is not b }}", "there is no test `is b`"),
        ("{% block a %}", "{% block %} is not a statement of templates"),
    ],
)
def test_a_template_is_refused(source: str, message: str) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        checked_tags(f"\n\n{source}")
    assert message in refused.value.message
    assert refused.value.line == 3


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no tags: { } %} }} #}",
        "{{ a }}{{- a -}}{{+ a }}",
        "{{ 'it\\'s {{ }}' }}{{ \"%}\" }}",
        "{# {{ %} #}{#- a -#}",
        "{%- if a -%}{% elif not a and (b or c) %}{% else %}{%- endif +%}",
        "{% for a in b %}{{ loop.index }}{{ loop.cycle('x', 'y') }}{% else %}{% endfor %}",
        "{% for a, b in c if a is not none %}{% endfor %}",
        "{% set a = b | default('c') %}",
        "{{ a['b'].c[0] }}{{ a if b is defined else c }}{{ range(3) | join }}",
        "{{ a | round(2) | default(b.c) }}{{ 1.5e3 + 2 - 3 / 4 // 5 % 6 }}",
        "{{ größe }}",
    ],
)
def test_a_template_is_allowed(source: str) -> None:
    checked_tags(source)


def test_the_rendered_source_keeps_its_lines() -> None:
    source = "{% for a in b -%}\n x {{ a }}\n{% set c = a + 1 %}\n{% endfor %}{{ d }}"
    for marks in (False, True):
        assert instrumented(source, marks=marks).source.count("\n") == source.count("\n")


def test_a_tag_that_trims_spaces_trims_them_in_the_rendered_source() -> None:
    assert "-%}{% do _tick(2, 0) -%}" in instrumented("{% for a in b -%} x{% endfor %}").source
