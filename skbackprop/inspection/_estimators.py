"""Which estimators can be looked into, also at the end of a pipeline or inside a search."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._base import BaseBackprop


def unwrap(estimator, X=None):
    """The last step of a fitted pipeline, and X as that step sees it.

    Parameters
    ----------
    estimator : estimator, fitted Pipeline or fitted search over either
    X : array-like or None
        Data for ``estimator``.

    Returns
    -------
    last : estimator
    X : array-like or None
        X after the steps before the last.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    if hasattr(estimator, "best_estimator_"):
        return unwrap(estimator.best_estimator_, X)
    if isinstance(estimator, Pipeline):
        if X is not None and len(estimator.steps) > 1:
            check_is_fitted(estimator)
            X = estimator[:-1].transform(X)
        return unwrap(estimator.steps[-1][1], X)
    if hasattr(estimator, "fit"):  # whatever else it is, the caller will say
        check_is_fitted(estimator)
    return estimator, X


def unwrap_network(estimator, X, caller):
    """``unwrap``, for callers that need one of this package's estimators.

    Raises
    ------
    TypeError
        If the last step is another estimator.
    NotFittedError
        If it is not fitted.
    """
    last, X = unwrap(estimator, X)
    if not isinstance(last, BaseBackprop):
        raise TypeError(
            f"{caller} needs an estimator of skbackprop, or a pipeline that ends in one; "
            f"got {type(last).__name__}."
        )
    return last, X


def unwrap_attribute(estimator, attribute, caller):
    """The last step of a fitted pipeline, which must have a fitted attribute of that name.

    Raises
    ------
    TypeError
        If it has no such attribute.
    NotFittedError
        If it is not fitted.
    """
    last, _ = unwrap(estimator)
    if not hasattr(last, attribute):
        raise TypeError(
            f"{caller} needs an estimator with the attribute '{attribute}', such as those of "
            f"skbackprop; {type(last).__name__} has none."
        )
    return last
