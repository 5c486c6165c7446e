"""The SAM transform, as `sam validate` runs it. Run by path in the `sam` environment.

    python transform.py FOLDER PARAMETERS ...

PARAMETERS is a JSON object of the template's parameters. For each of them the script prints a
line: a JSON object of path -> transformed template, for `template.yaml` and each nested stack's
template `infra/templates/*.yaml`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

#: The region of the transform's session, which determines only the partition.
REGION = "us-east-1"


class _NoManagedPolicies:
    """Replaces IAM, which the transform needs only for policies that are named without an ARN."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(path: Path, parameters: dict[str, str]) -> Any:
    """Return one template after the transform."""
    text = yaml_parse(path.read_text())
    validator = SamTemplateValidator(
        text, _NoManagedPolicies(), region=REGION, parameter_overrides=parameters
    )
    return yaml_parse(validator.get_translated_template_if_valid())


def main(folder: Path, *sets: str) -> None:
    """Print the templates of a folder, transformed with each set of parameters."""
    paths = [folder / "template.yaml", *sorted(folder.glob("infra/templates/*.yaml"))]
    for parameters in map(json.loads, sets):
        templates = {str(path.relative_to(folder)): transformed(path, parameters) for path in paths}
        print(json.dumps(templates))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
