"""What is printed, and the warning of an unfinished training."""

from __future__ import annotations

import pytest
from estimator_cases import BOTH, SMALL, STOCHASTIC, make
from sklearn.exceptions import ConvergenceWarning

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("Estimator", BOTH)
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_unfinished_training_is_said(Estimator, solver, problem):
    model = Estimator(**{**SMALL, "solver": solver, "max_iter": 2})
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\) reached"):
        model.fit(*problem("binary"))


def test_verbose_tells_every_epoch(problem, capsys):
    make("binary", verbose=True, early_stopping=True, max_iter=3).fit(*problem("binary"))
    out = capsys.readouterr().out
    assert out.count("Iteration") == 3
    assert out.count("Validation score") == 3
    make("binary", max_iter=3).fit(*problem("binary"))
    assert capsys.readouterr().out == ""
