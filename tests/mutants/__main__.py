"""Break one rule at a time and see that the tests notice: `make mutants`.

Without arguments it runs every mutant of the list against the suites that the list names, and
writes the table in docs/reliability.md. With one it runs the mutants whose name holds that text
against every suite, and writes nothing.
"""

import argparse
import sys
import time

from tests.mutants import table
from tests.mutants.mutants import ROOT, Mutant, all_mutants
from tests.mutants.run import AT_ONCE, Verdict, copies, run, see_that_all_pass
from tests.mutants.suites import SUITES


def main() -> int:
    """Run them; returns 1 where a suite did not notice what it should have."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("name", nargs="?", help="part of the name of those to run; all without it")
    name = parser.parse_args().name
    mutants = [mutant for mutant in all_mutants() if not name or name in mutant.name]
    if not mutants:
        parser.error(f"no mutant's name holds {name!r}")
    for mutant in mutants:
        mutant.apply((ROOT / mutant.file).read_text())
    began = time.monotonic()
    verdicts = _run(mutants, every_suite=bool(name))
    missed = [verdict for verdict in verdicts if verdict.missed]
    print(
        f"{len(verdicts) - len(missed)} of {len(verdicts)} mutants noticed"
        f" in {time.monotonic() - began:.0f} s"
    )
    if not name and not missed:
        noticed = {verdict.mutant.name: verdict.noticed for verdict in verdicts}
        table.write(table.table_of(noticed))
    return 1 if missed else 0


def _run(mutants: list[Mutant], *, every_suite: bool) -> list[Verdict]:
    with copies(AT_ONCE) as trees:
        named = {suite for mutant in mutants for suite in mutant.noticed_by}
        see_that_all_pass([each for each in SUITES if every_suite or each in named], trees[0])
        return run(mutants, trees, _tell, every_suite=every_suite)


def _tell(verdict: Verdict) -> None:
    noticed = ", ".join(verdict.noticed) or "nobody"
    missed = f"  MISSED BY {', '.join(verdict.missed)}" if verdict.missed else ""
    print(f"  {verdict.mutant.name}: noticed by {noticed}{missed}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
