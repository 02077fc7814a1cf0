"""The estimators that a benchmark on tables sets side by side, each with its defaults.

Each is made by a function of (table, threads, seed), and takes the table as it is: categories are
columns of integer codes. A package that is not installed leaves its side out.
"""

import importlib.util

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

#: Parameters of the tabular estimators that are not at their defaults.
tabular_parameters = {}


def _tabular(table, threads, seed):
    import skbackprop

    kind = "TabularClassifier" if table.is_classification else "TabularRegressor"
    parameters = dict(tabular_parameters)
    if not table.is_classification:
        parameters.pop("label_smoothing", None)
    return getattr(skbackprop, kind)(
        categorical_features=table.is_category, n_jobs=threads, random_state=seed, **parameters
    )


def _boosting(table, threads, seed):
    Estimator = (
        HistGradientBoostingClassifier if table.is_classification else HistGradientBoostingRegressor
    )
    return Estimator(categorical_features=table.is_category, random_state=seed)


def _mlp(table, threads, seed):
    Estimator = MLPClassifier if table.is_classification else MLPRegressor
    one_hot = OneHotEncoder(drop="if_binary", handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (one_hot, np.flatnonzero(table.is_category)), remainder="passthrough"
    )
    return make_pipeline(columns, StandardScaler(), Estimator(random_state=seed))


class _WithCategories(BaseEstimator):
    """Hands X on as a DataFrame whose categories have a dtype of their own."""

    def __init__(self, estimator, is_category, dtype):
        self.estimator, self.is_category, self.dtype = estimator, is_category, dtype

    def _frame(self, X):
        import pandas as pd

        frame = pd.DataFrame(X)
        frame.columns = [f"column_{j}" for j in range(X.shape[1])]
        categories = frame.columns[self.is_category]
        return frame.astype(dict.fromkeys(categories, np.int64)).astype(
            dict.fromkeys(categories, self.dtype)
        )

    def fit(self, X, y):
        self.estimator.fit(self._frame(X), y)
        if hasattr(self.estimator, "classes_"):
            self.classes_ = self.estimator.classes_
        return self

    def predict(self, X):
        return np.ravel(self.estimator.predict(self._frame(X)))

    def predict_proba(self, X):
        return self.estimator.predict_proba(self._frame(X))


def _catboost(table, threads, seed):
    import catboost

    kind = "CatBoostClassifier" if table.is_classification else "CatBoostRegressor"
    estimator = getattr(catboost, kind)(
        cat_features=list(np.flatnonzero(table.is_category)),
        thread_count=threads,
        allow_writing_files=False,
        verbose=False,
        random_state=seed,
    )
    return _WithCategories(estimator, table.is_category, np.int64)


def _realmlp(table, threads, seed):
    import pytabkit

    kind = "RealMLP_TD_S_Classifier" if table.is_classification else "RealMLP_TD_S_Regressor"
    estimator = getattr(pytabkit, kind)(device="cpu", n_threads=threads, random_state=seed)
    return _WithCategories(estimator, table.is_category, "category")


#: name -> (function, the packages it needs, an attribute that one of them must have)
_SIDES = {
    "tabular": (_tabular, "skbackprop", "TabularClassifier"),
    "boosting": (_boosting, "sklearn", None),
    "mlp": (_mlp, "sklearn", None),
    "catboost": (_catboost, "catboost", None),
    "realmlp": (_realmlp, "pytabkit", None),
}


def installed_sides(names):
    """{name: function} of those that are installed, in the order of ``names``.

    Raises
    ------
    ValueError
        For a name that no side has.
    """
    unknown = set(names) - set(_SIDES)
    if unknown:
        raise ValueError(f"no side is called {sorted(unknown)}; there are {list(_SIDES)}.")
    sides = {}
    for name in names:
        make, package, attribute = _SIDES[name]
        found = importlib.util.find_spec(package) is not None
        if found and attribute is not None:
            found = hasattr(importlib.import_module(package), attribute)
        if found:
            sides[name] = make
    return sides


def side_names():
    """The names of all sides, installed or not."""
    return list(_SIDES)
