"""The files in deploy/, which `make deploy ENV=<name>` reads."""

from pathlib import Path

import pytest

from infra.deployment.environment_file import FOLDER, read_environment
from infra.deployment.errors import DeploymentRefused
from infra.deployment.template_parameters import LOCAL_ONLY, template_parameters
from infra.local.runtimes import RUNTIMES

SENDER = '[parameters]\nEmailFrom = "a@example.com"'
HEAD = 'stack = "notify"\nregion = "eu-central-1"'


def test_the_example_is_an_environment() -> None:
    environment = read_environment("staging")
    assert environment.stack == "notifications-staging"
    assert environment.parameters["Console"] == "true"
    assert environment.tags["environment"] == "staging"


@pytest.mark.parametrize("region", ["us-gov-west-1", "ap-southeast-2", "eusc-de-east-1"])
def test_the_regions_of_every_partition_are_accepted(tmp_path: Path, region: str) -> None:
    (tmp_path / "x.toml").write_text(f'stack = "notify"\nregion = "{region}"\n{SENDER}')
    assert read_environment("x", tmp_path).region == region


def test_numbers_truths_and_lists_become_the_texts_of_cloudformation(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        f"{HEAD}\n{SENDER}\nDueShards = 8\nDeletionProtection = true\n"
        'ConsoleIdentityProviders = ["COGNITO", "Okta"]'
    )
    parameters = read_environment("x", tmp_path).parameters
    assert parameters["DueShards"] == "8"
    assert parameters["DeletionProtection"] == "true"
    assert parameters["ConsoleIdentityProviders"] == "COGNITO,Okta"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'region = "eu-central-1"\n{SENDER}', "stack is missing"),
        (f'stack = "notify"\n{SENDER}', "region is missing"),
        (f'stack = "no_te"\nregion = "eu-central-1"\n{SENDER}', "stack is 'no_te'"),
        (f'stack = "{"a" * 56}"\nregion = "eu-central-1"\n{SENDER}', "stack has 56 characters"),
        (f'stack = "notify"\nregion = "Frankfurt"\n{SENDER}', "region is 'Frankfurt'"),
        (f"{HEAD}\naccount = 123456789012\n{SENDER}", "account is 123456789012"),
        (f'{HEAD}\nruntime = "python3.9"\n{SENDER}', "runtime is 'python3.9'"),
        (f'{HEAD}\nregoin = "x"\n{SENDER}', "Did you mean region?"),
        (f'{HEAD}\nEmailFrom = "a@example.com"', "EmailFrom belongs under"),
        (HEAD, "EmailFrom is missing"),
        (f"{HEAD}\n{SENDER}\nEmailFrmo = 1", "Did you mean EmailFrom?"),
        (f'{HEAD}\n{SENDER}\nPythonRuntime = "python3.13"', "set by runtime"),
        (f'{HEAD}\n{SENDER}\nAwsEndpointUrl = "http://x"', "for the local stack only"),
        (f"{HEAD}\n{SENDER}\nDueShards = 0", "must be at least 1"),
        (f'{HEAD}\n{SENDER}\nDueShards = "four"', "must be a whole number"),
        (f'{HEAD}\n{SENDER}\nEmailTransport = "fax"', "must be one of ses, smtp"),
        (f"{HEAD}\n{SENDER}\nConsole = 1.5", "must be a text, a number, true or false"),
        (f'{HEAD}\n[parameters]\nEmailFrom = "nobody"', "must match"),
        (f"{HEAD}\n{SENDER}\n[tags]\nteam = 1", "The tag team must be a text"),
        (f"{HEAD}\nparameters = 1", "parameters must be a table"),
        ("stack = ", "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "staging.toml"
    path.write_text(text)
    with pytest.raises(DeploymentRefused) as refusal:
        read_environment("staging", tmp_path)
    assert message in str(refusal.value)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("stack", ["Notify", "my-aws-notify", "a" * 51])
def test_a_stack_whose_name_cognito_refuses_needs_a_prefix(tmp_path: Path, stack: str) -> None:
    text = f'stack = "{stack}"\nregion = "eu-central-1"\n{SENDER}\nConsole = true\n'
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(DeploymentRefused, match=f"ConsoleDomainPrefix.* because {stack} "):
        read_environment("x", tmp_path)
    (tmp_path / "x.toml").write_text(text + 'ConsoleDomainPrefix = "pigeon-post"')
    assert read_environment("x", tmp_path).stack == stack


def test_a_missing_file_names_the_ones_that_exist() -> None:
    with pytest.raises(DeploymentRefused, match=r"There is: .*staging"):
        read_environment("nowhere")
    with pytest.raises(DeploymentRefused, match="ENV is"):
        read_environment("../staging")


def test_the_parameters_are_those_of_the_template() -> None:
    parameters = template_parameters()
    assert parameters.keys() >= LOCAL_ONLY
    assert set(RUNTIMES) == set(parameters["PythonRuntime"].allowed)
    for parameter in parameters.values():
        assert parameter.text(parameter.default) == parameter.default
    assert (FOLDER / "staging.toml").exists()
