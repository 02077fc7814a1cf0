"""A fuzzer: random estimators, parameters, data and calls, and what must hold for all of them.

A case is drawn from a seed, and printed as an expression that makes it again::

    python -m tests.fuzz --seconds 3600 --seed 0       # by hand, as long as one likes
    pytest tests/fuzz                                  # a few hundred calls
    python -c "from tests.fuzz import *; check(Case(...))"  # what a failure prints

`case` says what a case is, `data` and `values` what data and parameters are drawn, `documented`
which errors and warnings are allowed, `run`, `uses`, `inspecting` and `together` what is checked,
`reduce` makes a failure small.
"""

from .case import Call, Case, draw_case
from .data import Data
from .findings import Finding
from .reduce import reduce_case
from .run import check
from .values import Named

__all__ = ["Call", "Case", "Data", "Finding", "Named", "check", "draw_case", "reduce_case"]
