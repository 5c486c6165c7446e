"""``python -m infra.cost``: count the requests of each step again and rewrite the tables.

With ``--page`` it rewrites only the tables of `docs/costs.md`, from the stored counts.
"""

import argparse

from infra.cost.counting import count
from infra.cost.page import PAGES, filled
from notification_system.cost.counts import FILE, counts, text


def main() -> None:
    """Write the counts and the page."""
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=__doc__)
    parser.add_argument("--page", action="store_true", help="do not count")
    if not parser.parse_args().page:
        FILE.write_text(text(count()))
        counts.cache_clear()
    for page in PAGES:
        page.write_text(filled(page.read_text()))


if __name__ == "__main__":
    main()
