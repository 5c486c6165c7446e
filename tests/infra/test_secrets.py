"""The scan for secrets of `make check` finds a secret that was planted."""

import base64
import subprocess
from pathlib import Path

import pytest

from infra.local.layout import StackError, tool
from tests.simulator import ROOT

# In pieces, so that the scan does not find this file.
KEY = "AKIA" + "Q3EGRI5TTM7ZQWXP"
PRIVATE = "RSA PRIVATE " + "KEY"
PEM = base64.b64encode(bytes(range(48))).decode()

PLANTED = {
    "planted.py": f'KEY = "{KEY}"\n',
    "tests/planted.py": f'KEY = "{KEY}"\n',
    "word.py": "pass" + 'word = "hunter-2-hunter"\n',
    "planted.pem": f"-----BEGIN {PRIVATE}-----\n{PEM}\n-----END {PRIVATE}-----\n",
    "requirements-dev.txt": f"# {KEY}\nboto3==1.44.5 \\\n    --hash=sha256:{'0' * 64}\n",
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_secret_is_found(tmp_path: Path, name: str) -> None:
    try:
        hook = tool("audit", "detect-secrets-hook")
    except StackError:
        pytest.skip("`make check` installs the scan")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(PLANTED[name])
    baseline = (ROOT / ".secrets.baseline").read_text()
    (tmp_path / ".secrets.baseline").write_text(baseline)
    subprocess.run(["git", "init", "-q"], check=True, cwd=tmp_path)
    subprocess.run(["git", "add", ".secrets.baseline"], check=True, cwd=tmp_path)

    command = [str(hook), "--no-verify", "--baseline", ".secrets.baseline", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.returncode != 0
    assert name in done.stdout
