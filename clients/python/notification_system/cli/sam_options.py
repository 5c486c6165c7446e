"""The options of `sam deploy` for a deployment that asks nothing."""

from collections.abc import Mapping

#: The template that `sam build` writes, in a checkout. SAM looks for `samconfig.toml` beside it,
#: where there is none, so no saved answer for another stack applies.
BUILT_TEMPLATE = ".aws-sam/build/template.yaml"


def deploy_options(
    stack: str,
    region: str,
    profile: str | None,
    parameters: Mapping[str, str],
    tags: Mapping[str, str],
) -> list[str]:
    """Return the options, except that for the template."""
    options = ["--stack-name", stack, "--region", region]
    options += ["--resolve-s3", "--s3-prefix", stack]
    options += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    options += ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    options += ["--parameter-overrides", *_sam_values(parameters)]
    if tags:
        options += ["--tags", *_sam_values(tags)]
    if profile:
        options += ["--profile", profile]
    return options


def _sam_values(values: Mapping[str, str]) -> list[str]:
    """Return parameters or tags as SAM parses them.

    SAM splits at spaces outside quotation marks, and removes a backslash before a quotation mark
    only, so another backslash must not be doubled.
    """
    return ['{}="{}"'.format(name, value.replace('"', '\\"')) for name, value in values.items()]
