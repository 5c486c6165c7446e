"""`make openapi`: writes docs/openapi.json, the document that the API serves."""

import json
from pathlib import Path

from functions.api.handler import app

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"


def text() -> str:
    """Return the content of docs/openapi.json."""
    return json.dumps(app.document(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text())
    print(f"wrote {DOCUMENT}")
