"""The files in deploy/, which `make deploy ENV=<name>` reads."""

from pathlib import Path

import pytest

from infra.deployment.environment_file import FOLDER, read_environment
from infra.deployment.errors import DeploymentRefused
from infra.deployment.template_parameters import LOCAL_ONLY, template_parameters
from infra.local.runtimes import RUNTIMES

SENDER = '[parameters]\nEmailFrom = "a@example.org"'
HEAD = 'stack = "notify"\nregion = "eu-central-1"'


def test_each_file_of_the_folder_is_an_environment(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.toml"):
        text = file.read_text().replace("@example.com", "@example.org")
        (tmp_path / file.name).write_text(text)
        assert read_environment(file.stem, tmp_path).stack


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
        (f'stack = "1notify"\nregion = "eu-central-1"\n{SENDER}', "begin with a letter"),
        (f'stack = "notify"\nregion = "Frankfurt"\n{SENDER}', "region is 'Frankfurt'"),
        (f'stack = "notify"\nregion = "eu-centrl-1"\n{SENDER}', "Did you mean eu-central-1?"),
        (f"{HEAD}\naccount = 123456789012\n{SENDER}", "account is 123456789012"),
        (f'{HEAD}\nruntime = "python3.9"\n{SENDER}', "runtime is 'python3.9'"),
        (f'{HEAD}\nregoin = "x"\n{SENDER}', "Did you mean region?"),
        (f'{HEAD}\nEmailFrom = "a@example.org"', "EmailFrom belongs under"),
        (HEAD, "e-mail, which SES must have verified."),
        (f'{HEAD}\n[parameters]\nEmailTransport = "smtp"', "the sender of every e-mail."),
        (f'{HEAD}\n[parameters]\nEmailFrom = "a@mail.example.com"', "EmailFrom is still the"),
        (f'{HEAD}\n{SENDER}\nAlarmEmail = "a@example.com"', "AlarmEmail is still the example's"),
        (f'{HEAD}\n{SENDER}\nPublicUrl = "https://notify.example.com"', "PublicUrl is still the"),
        (f"{HEAD}\n{SENDER}\nEmailFrmo = 1", "Did you mean EmailFrom?"),
        (f'{HEAD}\n{SENDER}\nPythonRuntime = "python3.13"', "set by runtime"),
        (f'{HEAD}\n{SENDER}\nAwsEndpointUrl = "http://x"', "for the local stack only"),
        (f"{HEAD}\n{SENDER}\nDueShards = 0", "must be at least 1"),
        (f"{HEAD}\n{SENDER}\nDueShards = 201", "must be at most 200"),
        (f"{HEAD}\n{SENDER}\nRetentionDays = -4", "must be at least 1"),
        (f"{HEAD}\n{SENDER}\nRetentionDays = 2.5", "must be a whole number"),
        (f'{HEAD}\n{SENDER}\nDueShards = "four"', "must be a whole number"),
        (f'{HEAD}\n{SENDER}\nEmailTransport = "fax"', "must be one of ses, smtp"),
        (f"{HEAD}\n{SENDER}\nConsole = 1.5", "must be one of true, false"),
        (f"{HEAD}\n{SENDER}\nRunbookUrl = {{}}", "must be a text, a number, true or false"),
        (f'{HEAD}\n[parameters]\nEmailFrom = "nobody"', "must be a bare address"),
        (f'{HEAD}\n{SENDER}\nPublicUrl = "https://a.example.org/"', "without a slash at the end"),
        (f"{HEAD}\n{SENDER}\n[tags]\nteam = 1", "The tag team must be a text"),
        (f'{HEAD}\n{SENDER}\n[tags]\n"aws:team" = "a"', "begins with aws:, which AWS reserves"),
        (f'{HEAD}\n{SENDER}\n[tags]\nteam = "{"a" * 257}"', "The tag team is too long"),
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
    with pytest.raises(DeploymentRefused, match="There is: "):
        read_environment("nowhere")
    with pytest.raises(DeploymentRefused, match=r"ENV is '\.\./staging'"):
        read_environment("../staging")
    with pytest.raises(DeploymentRefused, match=r"ENV is empty\. There is: "):
        read_environment("")


def test_the_parameters_are_those_of_the_template() -> None:
    parameters = template_parameters()
    assert parameters.keys() >= LOCAL_ONLY
    assert set(RUNTIMES) == set(parameters["PythonRuntime"].allowed)
    for parameter in parameters.values():
        assert parameter.text(parameter.default) == parameter.default
        assert bool(parameter.pattern) == bool(parameter.constraint)
