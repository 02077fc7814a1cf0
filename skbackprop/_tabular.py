"""TabularClassifier and TabularRegressor."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._estimator.sklearn_compat import Interval, StrOptions, _fit_context
from ._estimator.typing import (
    Auto,
    CategoricalFeatures,
    ClassWeight,
    Float,
    Int,
    IntervalMethod,
    LayerSizes,
    RandomState,
    TabularLoss,
    Verbose,
)
from ._tables.classification import BaseTabularClassifier
from ._tables.intervals import check_coverage
from ._tables.regression import BaseTabularRegressor

_CONSTRAINTS = {
    "n_members": [Interval(Integral, 4, None, closed="left")],
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "n_bins": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


class TabularClassifier(BaseTabularClassifier):
    """Classifier for tables: a calibrated ensemble of small networks, strong without tuning.

    It takes a table as it is, an array or a DataFrame with numbers of any scale, categories and
    missing values. Ten networks of two kinds are trained in one run; each leaves out a fold, so
    that there are honest predictions for all training rows. These choose the epoch, blend the
    kinds, calibrate the probabilities, and give ``predict_set`` its coverage.

    Parameters
    ----------
    n_members : int, default=10
        Number of networks, even and at least 4. Half of them see the piecewise linear encoding of
        the numeric columns, half do not; each half makes ``n_members // 2`` folds, of which every
        member leaves out one. Tables with fewer distinct rows have fewer folds and members.

    hidden_layer_sizes : int or array-like of int, default=(64, 64)
        Number of units in each hidden layer of a member. An empty sequence, ``()``, gives linear
        members.

    max_iter : int or "auto", default="auto"
        Number of epochs. "auto" means 64 for up to 50,000 rows and 64·√(50,000 / n) beyond, at
        least 16. The members of a kind may stop at 7/15 of them, see `best_iteration_`.

    batch_size : int or "auto", default="auto"
        Number of rows in a mini-batch. "auto" means 1.65·√n, as a multiple of 16 from 32
        to 256.

    learning_rate : float, default=1.0
        Factor of the learning rates, which are 0.005 for the members that see the encoding and
        0.01 for the others.

    label_smoothing : float or "auto", default="auto"
        Share of the target probability that is spread evenly over the classes, in [0, 1). "auto"
        means 0.05. The calibration undoes what it does to the probabilities.

    n_bins : int or "auto", default="auto"
        The most bins of a numeric column in its piecewise linear encoding. "auto" means 256
        divided by the number of numeric columns, from 8 to 48.

    categorical_features : "from_dtype", array-like of {bool, int, str} or None, \
        default="from_dtype"
        Which columns are categories.

        - "from_dtype": the columns of a DataFrame that hold categories, strings or objects; none
          of an array.
        - array-like of bool: a mask over the columns.
        - array-like of int or str: the numbers or the names of the columns.
        - None: none.

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with the sample weights: they count in the loss, in the
        choice of the epoch and in the calibration. "balanced" gives all classes the same total.

    n_jobs : int or None, default=None
        Number of joblib's worker processes in which the members are trained; None means 1 unless in
        a :obj:`joblib.parallel_backend` context, -1 means all processors. The first fit waits for
        the processes to start, a second or two; later fits find them running. The model does not
        depend on it.

    random_state : int, RandomState instance or None, default=None
        Determines the folds, the initial weights and the order of the rows. Pass an int for
        reproducible results.

    verbose : bool or int, default=False
        Whether to print the loss and the out-of-fold score of each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.

    n_features_in_ : int
        Number of features seen during ``fit``.

    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the features seen during ``fit``. Defined only if all names are strings.

    is_categorical_ : ndarray of bool of shape (`n_features_in_`,)
        Which columns are categories.

    preprocessor_ : ColumnTransformer
        From X to the inputs of the networks; ``preprocessor_.get_feature_names_out()`` tells what
        each input is. Members of the second half see only those before the "piecewise" ones.

    n_iter_ : int
        Number of epochs of the half that trained longer.

    loss_curve_ : ndarray of shape (`n_iter_`, 2)
        Mean training loss of the members of each half in each epoch; NaN after the half's end.

    validation_scores_ : ndarray of shape (`n_iter_`, 2)
        Accuracy of the members of each half in each epoch, out of fold: each row is predicted by
        the member that left it out.

    best_iteration_ : ndarray of int of shape (2,)
        The epoch that was chosen for each half, counted from 1: the one with the best
        out-of-fold score, the last of equal ones. A half whose out-of-fold error falls by less than
        3 % in the third of the four cycles of its learning rate stops at the end of that cycle.

    coefs_ : list of list of ndarray of shape (fan_in, fan_out)
        Weight matrices of each member, layer by layer; the members that see the encoding first.

    intercepts_ : list of list of ndarray of shape (fan_out,)
        Bias vectors of each member, layer by layer.

    oob_decision_function_ : ndarray of shape (n_samples, n_classes)
        Class probabilities of each training row, by the members that left it out. Rows of weight
        zero were left out by all.

    oob_score_ : float
        Accuracy of these probabilities.

    See Also
    --------
    TabularRegressor : The corresponding regressor.
    BackpropClassifier : A single network, with all of its options.
    sklearn.ensemble.HistGradientBoostingClassifier : Boosted trees for the same kind of data.

    Notes
    -----
    Numeric columns are scaled by :class:`~skbackprop.preprocessing.SmoothClipScaler`, with missing
    values at zero and an indicator of their own. Half of the members get, in addition, their
    :class:`~skbackprop.preprocessing.PiecewiseLinearEncoder`. Categories are one-hot, at most 64
    levels of a column, of which the last stands for all rarer ones and for those that ``fit`` has
    not seen; a missing one is a level of its own if ``fit`` has seen it. Dates are refused, and
    sparse data is: a table with thousands of mostly empty columns is better left to
    :class:`BackpropClassifier`.

    All members are trained side by side on the same batches. A row that a member leaves out has
    weight zero in its loss, so the predictions of all rows by the members that left them out are
    honest. They choose the epoch of each half and the share of the two halves in the prediction,
    and they calibrate it: a temperature for each half and one for the blend, and 1 / (n + 1) of the
    uniform distribution.

    Equal rows are merged and their sample weights added before anything else, and folds are dealt
    out by a hash of the rows. So a sample weight of k is the same as k equal rows, to the last bit,
    a weight of zero the same as no row, and the order of rows does not count.

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022), "On embeddings for numerical features in tabular deep
    learning", https://arxiv.org/abs/2203.05556.

    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data", https://arxiv.org/abs/2407.04491.

    Barber, Candès, Ramdas and Tibshirani (2021), "Predictive inference with the jackknife+",
    https://arxiv.org/abs/1905.02928.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skbackprop import TabularClassifier
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> clf = TabularClassifier(random_state=0).fit(X, y)
    >>> clf.oob_score_ > 0.96
    True
    >>> clf.predict_set(X[:2], coverage=0.95)
    array([[ True, False],
           [ True, False]])
    """

    _parameter_constraints: dict = {
        **_CONSTRAINTS,
        "label_smoothing": [Interval(Real, 0, 1, closed="left"), StrOptions({"auto"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        n_members: Int = 10,
        *,
        hidden_layer_sizes: LayerSizes = (64, 64),
        max_iter: Int | Auto = "auto",
        batch_size: Int | Auto = "auto",
        learning_rate: Float = 1.0,
        label_smoothing: Float | Auto = "auto",
        n_bins: Int | Auto = "auto",
        categorical_features: CategoricalFeatures = "from_dtype",
        class_weight: ClassWeight = None,
        n_jobs: Int | None = None,
        random_state: RandomState = None,
        verbose: Verbose = False,
    ):
        self.n_members = n_members
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.label_smoothing = label_smoothing
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the ensemble.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Missing values are NaN or None, of pandas also NA.
        y : array-like of shape (n_samples,)
            The classes, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, not negative.

        Returns
        -------
        self : TabularClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a column has infinite values, dates or, without being a category, values that are not
            numbers; if y has only one
            class; or if the sample weights do not leave two rows.
        """
        return self._fit(X, y, sample_weight)

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict classes.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The most probable classes.
        """
        p = self.predict_proba(X)
        return self.classes_[p.argmax(axis=1)]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`; none is zero.
        """
        return self._probabilities(X)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return np.log(self._probabilities(X))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Compute the logarithms of the probabilities, or for two classes their log-odds.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, log p₁ / p₀: positive where ``classes_[1]`` is predicted.
        """
        log_p = self.predict_log_proba(X)
        return log_p[:, 1] - log_p[:, 0] if log_p.shape[1] == 2 else log_p

    def predict_set(
        self, X: Any, coverage: Float = 0.9, *, method: IntervalMethod = "ensemble"
    ) -> NDArray[np.bool_]:
        """Predict sets of classes that hold the true one with a given probability.

        A class is in the set where 1 − its probability is not larger than a share ``coverage`` of
        the same scores of the training rows' true classes, out of fold (Sadinle, Lei and
        Wasserman, 2019). The coverage is that of all rows together, not of each class.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.
        coverage : float, default=0.9
            The share of sets that are to hold the true class, in (0, 1).
        method : {"ensemble", "cv+"}, default="ensemble"
            Whether the scores of a new row are those of the ensemble, or of the members that left
            each training row out. "cv+" has a guarantee: at least 2 · coverage − 1, for any data
            (Barber et al., 2021). "ensemble" has about the coverage that is asked for.

        Returns
        -------
        sets : ndarray of bool of shape (n_samples, n_classes)
            Which classes are in the set of each row, in the order of `classes_`. A row that is
            unlike all classes may have an empty set.

        Raises
        ------
        ValueError
            If ``coverage`` is not in (0, 1) or there is no such ``method``.
        """
        check_coverage(coverage, method)
        if method == "cv+":
            return self._cv_plus_set(X, coverage)
        return 1.0 - self.predict_proba(X) <= self._conformity.quantile(coverage)


class TabularRegressor(BaseTabularRegressor):
    """Regressor for tables: an ensemble of small networks, strong without tuning.

    It takes a table as it is, an array or a DataFrame with numbers of any scale, categories and
    missing values; the targets may have any scale, too. Ten networks of two kinds are trained in
    one run; each leaves out a fold, so that there are honest predictions for all training rows.
    These choose the epoch, blend the kinds, and give ``predict_interval`` its coverage.

    Parameters
    ----------
    loss : {"squared_error", "absolute_error", "quantile"}, default="squared_error"
        What is minimised: "squared_error" predicts means, "absolute_error" medians, "quantile"
        (the pinball loss) the quantile at level ``quantile``.

    quantile : float, default=0.5
        Quantile in (0, 1) that the model predicts with ``loss="quantile"``.

    n_members : int, default=10
        Number of networks, even and at least 4. Half of them see the piecewise linear encoding of
        the numeric columns, half do not; each half makes ``n_members // 2`` folds, of which every
        member leaves out one. Tables with fewer distinct rows have fewer folds and members.

    hidden_layer_sizes : int or array-like of int, default=(64, 64)
        Number of units in each hidden layer of a member. An empty sequence, ``()``, gives linear
        members.

    max_iter : int or "auto", default="auto"
        Number of epochs. "auto" means 64 for up to 50,000 rows and 64·√(50,000 / n) beyond, at
        least 16. The members of a kind may stop at 7/15 of them, see `best_iteration_`.

    batch_size : int or "auto", default="auto"
        Number of rows in a mini-batch. "auto" means 1.65·√n, as a multiple of 16 from 32
        to 256.

    learning_rate : float, default=1.0
        Factor of the learning rates, which are 0.005 for the members that see the encoding and
        0.01 for the others.

    n_bins : int or "auto", default="auto"
        The most bins of a numeric column in its piecewise linear encoding. "auto" means 256
        divided by the number of numeric columns, from 8 to 48.

    categorical_features : "from_dtype", array-like of {bool, int, str} or None, \
        default="from_dtype"
        Which columns are categories.

        - "from_dtype": the columns of a DataFrame that hold categories, strings or objects; none
          of an array.
        - array-like of bool: a mask over the columns.
        - array-like of int or str: the numbers or the names of the columns.
        - None: none.

    n_jobs : int or None, default=None
        Number of joblib's worker processes in which the members are trained; None means 1 unless in
        a :obj:`joblib.parallel_backend` context, -1 means all processors. The first fit waits for
        the processes to start, a second or two; later fits find them running. The model does not
        depend on it.

    random_state : int, RandomState instance or None, default=None
        Determines the folds, the initial weights and the order of the rows. Pass an int for
        reproducible results.

    verbose : bool or int, default=False
        Whether to print the loss and the out-of-fold score of each epoch.

    Attributes
    ----------
    n_outputs_ : int
        Number of targets.

    n_features_in_ : int
        Number of features seen during ``fit``.

    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the features seen during ``fit``. Defined only if all names are strings.

    is_categorical_ : ndarray of bool of shape (`n_features_in_`,)
        Which columns are categories.

    preprocessor_ : ColumnTransformer
        From X to the inputs of the networks; ``preprocessor_.get_feature_names_out()`` tells what
        each input is. Members of the second half see only those before the "piecewise" ones.

    n_iter_ : int
        Number of epochs of the half that trained longer.

    loss_curve_ : ndarray of shape (`n_iter_`, 2)
        Mean training loss of the members of each half in each epoch; NaN after the half's end.

    validation_scores_ : ndarray of shape (`n_iter_`, 2)
        Negated loss of the members of each half in each epoch, out of fold: each row is predicted
        by the member that left it out. In standard deviations of the targets.

    best_iteration_ : ndarray of int of shape (2,)
        The epoch that was chosen for each half, counted from 1: the one with the best
        out-of-fold score, the last of equal ones. A half whose out-of-fold error falls by less than
        3 % in the third of the four cycles of its learning rate stops at the end of that cycle.

    coefs_ : list of list of ndarray of shape (fan_in, fan_out)
        Weight matrices of each member, layer by layer; the members that see the encoding first.

    intercepts_ : list of list of ndarray of shape (fan_out,)
        Bias vectors of each member, layer by layer.

    oob_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Prediction of each training row, by the members that left it out. Rows of weight zero were
        left out by all.

    oob_score_ : float
        R² of these predictions.

    See Also
    --------
    TabularClassifier : The corresponding classifier.
    BackpropRegressor : A single network, with all of its options.
    sklearn.ensemble.HistGradientBoostingRegressor : Boosted trees for the same kind of data.

    Notes
    -----
    Numeric columns are scaled by :class:`~skbackprop.preprocessing.SmoothClipScaler`, with missing
    values at zero and an indicator of their own. Half of the members get, in addition, their
    :class:`~skbackprop.preprocessing.PiecewiseLinearEncoder`. Categories are one-hot, at most 64
    levels of a column, of which the last stands for all rarer ones and for those that ``fit`` has
    not seen; a missing one is a level of its own if ``fit`` has seen it. Dates are refused, and
    sparse data is: a table with thousands of mostly empty columns is better left to
    :class:`BackpropRegressor`.

    All members are trained side by side on the same batches. A row that a member leaves out has
    weight zero in its loss, so the predictions of all rows by the members that left them out are
    honest. They choose the epoch of each half and the share of the two halves in the prediction.

    Equal rows are merged and their sample weights added before anything else, and folds are dealt
    out by a hash of the rows. So a sample weight of k is the same as k equal rows, to the last bit,
    a weight of zero the same as no row, and the order of rows does not count.

    Each member standardises the targets by the rows that it sees, and does not predict beyond their
    range. With ``loss="quantile"``, the predictions are moved by the quantile of the out-of-fold
    errors, so that they cover the share that is asked for (Romano, Patterson and Candès, 2019).

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022), "On embeddings for numerical features in tabular deep
    learning", https://arxiv.org/abs/2203.05556.

    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data", https://arxiv.org/abs/2407.04491.

    Barber, Candès, Ramdas and Tibshirani (2021), "Predictive inference with the jackknife+",
    https://arxiv.org/abs/1905.02928.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skbackprop import TabularRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> reg = TabularRegressor(random_state=0).fit(X, y)
    >>> reg.oob_score_ > 0.4
    True
    >>> interval = reg.predict_interval(X, coverage=0.8)
    >>> interval.shape
    (442, 2)
    """

    _parameter_constraints: dict = {
        **_CONSTRAINTS,
        "loss": [StrOptions({"squared_error", "absolute_error", "quantile"})],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        loss: TabularLoss = "squared_error",
        *,
        quantile: Float = 0.5,
        n_members: Int = 10,
        hidden_layer_sizes: LayerSizes = (64, 64),
        max_iter: Int | Auto = "auto",
        batch_size: Int | Auto = "auto",
        learning_rate: Float = 1.0,
        n_bins: Int | Auto = "auto",
        categorical_features: CategoricalFeatures = "from_dtype",
        n_jobs: Int | None = None,
        random_state: RandomState = None,
        verbose: Verbose = False,
    ):
        self.loss = loss
        self.quantile = quantile
        self.n_members = n_members
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the ensemble.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Missing values are NaN or None, of pandas also NA.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, not negative.

        Returns
        -------
        self : TabularRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a column has infinite values, dates or, without being a category, values that are not
            numbers; or if the sample
            weights do not leave two rows.
        """
        return self._fit(X, y, sample_weight)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict targets.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions.
        """
        y = self._predictions(X)
        return y[:, 0] if self.n_outputs_ == 1 else y

    def predict_interval(
        self, X: Any, coverage: Float = 0.9, *, method: IntervalMethod = "ensemble"
    ) -> NDArray[np.float64]:
        """Predict intervals that hold the target with a given probability.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The table. Levels that ``fit`` has not seen are taken as rare ones.
        coverage : float, default=0.9
            The share of intervals that are to hold the target, in (0, 1); of each target where
            there are several.
        method : {"ensemble", "cv+"}, default="ensemble"
            "ensemble" is the prediction plus and minus the ⌈coverage · (n + 1)⌉-th smallest
            absolute out-of-fold residual; it has about the coverage that is asked for. "cv+" does
            so for the members that left each training row out, and reaches over the middle of
            these guesses: somewhat wider, with a guarantee of at least 2 · coverage − 1 for any
            data (Barber et al., 2021).

        Returns
        -------
        intervals : ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends, infinite where there are too few training rows for the coverage.

        Raises
        ------
        ValueError
            If ``coverage`` is not in (0, 1) or there is no such ``method``.
        """
        check_coverage(coverage, method)
        intervals = self._intervals(X, coverage, method)
        return intervals[:, 0] if self.n_outputs_ == 1 else intervals
