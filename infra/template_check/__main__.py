"""``python -m infra.template_check``: checks the template that CloudFormation receives.

It runs the SAM transform for each value of EmailTransport and checks the output, and it lints the
template, the nested templates (`infra/templates/*.yaml`) and that of the deploying role
(`deploy/*.yaml`) for each of the regions.
"""

import subprocess
import sys
import time
from collections.abc import Iterator

from infra.local.layout import PROJECT, tool, tool_environment
from infra.template_check.check import templates, violations

REGIONS = (
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-2",
    "sa-east-1",
)


def main() -> int:
    """Print the findings; return 1 if there are any."""
    began = time.monotonic()
    fragments = sorted(
        path.relative_to(PROJECT).as_posix()
        for folder in ("infra/templates", "deploy")
        for path in PROJECT.glob(f"{folder}/*.yaml")
    )
    lint = subprocess.Popen(
        [tool("sam", "cfn-lint"), "--regions", *REGIONS, "--", "template.yaml", *fragments],
        cwd=PROJECT,
        env=tool_environment(),
    )
    findings = list(_all_violations())
    for finding in findings:
        print(finding, file=sys.stderr)
    if lint.wait() or findings:
        return 1
    took = time.monotonic() - began
    print(
        f"The template is valid in {len(REGIONS)} regions, with SES and with SMTP ({took:.1f} s)."
    )
    return 0


def _all_violations() -> Iterator[str]:
    for transport, transformed in templates(PROJECT).items():
        for violation in violations(transformed, transport):
            yield f"EmailTransport {transport}: {violation}"


if __name__ == "__main__":
    sys.exit(main())
