"""Fuzz from the command line: ``python -m tests.fuzz --seconds N --seed S``."""

import argparse
import sys
import time

from threadpoolctl import threadpool_limits

from .case import draw_case
from .findings import Finding
from .reduce import reduce_case
from .run import check


def report(seed, case, finding):
    """Print a finding with its smallest case."""
    smallest = reduce_case(case, finding.key)
    print(f"\nseed {seed}: {finding}", flush=True)
    if finding.place:
        print(f"  at {finding.place}")
    print(f'  python -c "from tests.fuzz import *; check({smallest!r})"', flush=True)


def main():
    """Draw and run cases until the time is over; the exit status says whether any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--one", action="store_true", help="run the case of the seed, and stop")
    arguments = parser.parse_args()
    seen, seed, n_calls, start = {}, arguments.seed, 0, time.perf_counter()
    with threadpool_limits(1):
        while time.perf_counter() - start < arguments.seconds:
            case = draw_case(seed)
            try:
                n_calls += check(case)
            except Exception as error:
                finding = error if isinstance(error, Finding) else Finding("fuzzer", repr(error))
                n_calls += len(case.calls)
                if finding.key not in seen:
                    report(seed, case, finding)
                seen[finding.key] = seen.get(finding.key, 0) + 1
            seed += 1
            if arguments.one:
                break
    n_cases = seed - arguments.seed
    print(f"\n{n_cases} cases, at least {n_calls} calls, {len(seen)} kinds of findings")
    for (kind, place), times in sorted(seen.items(), key=lambda item: -item[1]):
        print(f"{times:6} × {kind}: {place}")
    sys.exit(bool(seen))


if __name__ == "__main__":
    main()
