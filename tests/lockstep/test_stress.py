"""Tasks of all kinds in any order."""

import time

import numpy as np
import pytest
from lockstep_cases import X, assert_same, classifier, in_both_ways, regressor, y
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV


class Restless(BaseEstimator):
    """Sleeps, fits some networks, perhaps in nested calls, perhaps fails: all by its seed."""

    def __init__(self, seed=0, depth=0):
        self.seed = seed
        self.depth = depth

    def fit(self, X, y):
        rng = np.random.RandomState(self.seed)
        self.value_ = 0.0
        for _ in range(rng.randint(4)):
            what = rng.choice(["sleep", "fit", "fit", "fit", "raise", "nested", "regress"])
            if what == "sleep":
                time.sleep(rng.uniform(0, 0.003))
            elif what == "fit":
                network = classifier(
                    hidden_layer_sizes=(rng.randint(2, 4),),
                    max_iter=rng.randint(1, 6),
                    solver=rng.choice(["adam", "sgd", "lbfgs"]),
                    early_stopping=bool(rng.randint(2)),
                    random_state=rng.randint(100),
                )
                self.value_ += float(np.sum(network.fit(X, y).coefs_[0]))
            elif what == "raise" and rng.rand() < 0.5:
                raise ValueError(f"seed {self.seed}")
            elif what == "nested" and self.depth < 2:
                seeds = [self.seed * 7 + k for k in range(rng.randint(1, 5))]
                search = GridSearchCV(
                    Restless(depth=self.depth + 1), {"seed": seeds}, cv=2, refit=False
                )
                self.value_ += float(np.nansum(search.fit(X, y).cv_results_["mean_test_score"]))
            elif what == "regress":
                network = regressor(learning_rate_init=rng.choice([0.01, 1e300]), solver="sgd")
                self.value_ += float(np.sum(network.fit(X, y).coefs_[0]))
        return self

    def score(self, X, y):
        return self.value_


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("max_members", [1, 3, None])
def test_stress(max_members):
    def fit():
        search = GridSearchCV(Restless(), {"seed": range(25)}, cv=2, refit=False)
        return search.fit(X, y).cv_results_

    result, expected = in_both_ways(fit, max_members=max_members)
    assert_same(result, expected)
