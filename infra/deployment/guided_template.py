"""The template of a guided deployment: without the parameters that nobody should be asked for.

SAM does not check the answers; CloudFormation does, when it has received them.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.deployment.template_parameters import LOCAL_ONLY, template_parameters


def write_guided_template(built: Path, chosen: Mapping[str, str]) -> Path:
    """Write a template beside the built one, in which parameters are replaced by their values.

    Args:
        built: the template that `sam build` wrote.
        chosen: values by the name of the parameter. Those of the local stack have their defaults.

    Returns:
        The path of the template.
    """
    values = {name: template_parameters()[name].default for name in LOCAL_ONLY} | dict(chosen)
    template = yaml.safe_load(built.read_text())
    for name in values:
        del template["Parameters"][name]
    # SAM offers a default as the answer. Nobody can send from that of the sender.
    template["Parameters"]["EmailFrom"].pop("Default", None)
    path = built.with_name("guided.yaml")
    path.write_text(yaml.safe_dump(_replaced(template, values), sort_keys=False))
    return path


def _replaced(node: Any, values: Mapping[str, str]) -> Any:
    """Return a part of a template in which parameters are replaced by their values."""
    if isinstance(node, list):
        return [_replaced(member, values) for member in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"} and node["Ref"] in values:
        return values[node["Ref"]]
    if set(node) == {"Fn::Sub"}:
        return {"Fn::Sub": _replaced_text(node["Fn::Sub"], values)}
    return {key: _replaced(member, values) for key, member in node.items()}


def _replaced_text(argument: Any, values: Mapping[str, str]) -> Any:
    """Return the argument of Fn::Sub, a text or a text with variables of its own."""
    if isinstance(argument, list):
        text, variables = argument
        outer = {name: value for name, value in values.items() if name not in variables}
        return [_replaced_text(text, outer), _replaced(variables, values)]
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), argument)
