"""``python -m infra.secret_scan``: look for secrets in the files of the repository.

It reads what git knows and what it would add; it does not read the history. First it shows that it
finds one that was planted.
"""

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from infra.local.layout import PROJECT, tool

#: What is no secret, although it looks like one: whole values, as regular expressions.
ALLOWED = (
    "AKIAIOSFODNN7EXAMPLE",  # the key of AWS's own examples
    "AC0{31}1",  # the simulator's Twilio account, with its token and Expo's
    "simulator(-expo)?-token",
    "(Twilio auth|Expo access) token that is accepted",  # help texts of its options
    "a1b2c3d4e5",  # an API's id in the sample events
    "a-token-of-nobody",  # an unsubscribe link's, there
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",  # the example of the Standard Webhooks
    "whsec_(\\.\\.\\.)?",  # what such a key begins with
    "test|bench",  # keys of emulators, which take any
    "(Get|Describe)Secret[A-Za-z, :\\]]*",  # actions of IAM
    "AWS::SecretsManager::Secret",  # a type of CloudFormation
    "!Equals \\[.*",  # a condition on where credentials lie
    "[0-9a-f]{64}",  # the hash of a package in a lock file
    "arn:aws:lambda:.*|!GetAtt .*",  # a custom resource's ServiceToken is a function
)

#: In tests passwords are words like "wrong". Keys and tokens are found there by their form.
WORDY = "tests/"
BY_NAME = "KeywordDetector"

PEM = "-----BEGIN {kind}-----\n{key}\n-----END {kind}-----\n"


def scan(folder: Path, paths: Iterable[str], *options: str) -> list[str]:
    """Return what looks like a secret in files of a folder: `file:line kind`."""
    command = [str(tool("audit", "detect-secrets-hook")), "--no-verify", "--json", *options]
    for each in ALLOWED:
        command += ["--exclude-secrets", f"^({each})$"]
    done = subprocess.run(
        [*command, *paths], capture_output=True, text=True, check=False, cwd=folder
    )
    if done.returncode and not done.stdout:
        raise RuntimeError(f"the scan failed: {done.stderr}")
    found = json.loads(done.stdout)["results"] if done.stdout.strip() else {}
    return [
        f"{name}:{each['line_number']} {each['type']}"
        for name, secrets in sorted(found.items())
        for each in secrets
    ]


def scanned(folder: Path, paths: Sequence[str]) -> list[str]:
    """Scan tests for what has a secret's form, the rest also for what has a secret's name."""
    tests = [each for each in paths if each.startswith(WORDY)]
    others = [each for each in paths if not each.startswith(WORDY)]
    found = scan(folder, others) if others else []
    return found + (scan(folder, tests, "--disable-plugin", BY_NAME) if tests else [])


def finds_what_is_planted() -> bool:
    """Whether a key, a token and a password are found, each where it has to be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tests").mkdir()
        # In pieces, so that this file is not found itself.
        key = "AKIA" + "Q3EGRI5TTM7ZQWXP"
        (folder / "tests" / "planted.py").write_text(f'KEY = "{key}"\n')
        (folder / "planted.py").write_text("pass" + 'word = "hunter-2-hunter"\n')
        private = base64.b64encode(bytes(range(48))).decode()
        (folder / "planted.pem").write_text(PEM.format(kind="RSA PRIVATE " + "KEY", key=private))
        paths = ["tests/planted.py", "planted.py", "planted.pem"]
        return {each.partition(":")[0] for each in scanned(folder, paths)} == set(paths)


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    names = [each for each in listed.stdout.split("\0") if each]
    return [each for each in names if (PROJECT / each).is_file()]


def main() -> int:
    """Scan the repository; print what was found."""
    if not finds_what_is_planted():
        print("The scan for secrets does not find one that was planted.")
        return 1
    paths = _files()
    found = scanned(PROJECT, paths)
    for each in found:
        print(f"secret? {each}")
    if found:
        print(
            "Remove it and replace it where it was valid; if it is none, see ALLOWED in", __file__
        )
        return 1
    print(f"{len(paths)} files scanned, no secret found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
