"""Transformers for the numeric columns of a table, made for networks but of use alone."""

from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import FLOAT_DTYPES, check_array, check_is_fitted, validate_data

from ._estimator.pickling import PicklingMixin
from ._estimator.sklearn_compat import Interval, _check_sample_weight, _fit_context
from ._estimator.weighted_quantiles import distinct_values, quantile_edges, quantiles

__all__ = ["PiecewiseLinearEncoder", "SmoothClipScaler"]

_CHUNK_BYTES = 2**18  # of the encoding, so that each pass over it finds the rows in the cache


class _NumericTransformer(TransformerMixin, PicklingMixin, BaseEstimator):
    """What both transformers share: the input, and the tags that say what they accept."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validate_X(self, X, reset=False):
        return validate_data(
            self, X, reset=reset, dtype=FLOAT_DTYPES, ensure_all_finite="allow-nan"
        )

    def _validate_fit(self, X, sample_weight):
        """X, and its columns as pairs of distinct values and their total sample weights."""
        X = self._validate_X(X, reset=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
            if not sample_weight.any():
                raise ValueError("sample_weight is zero for every sample: nothing to fit.")
        return X, [distinct_values(column, sample_weight) for column in X.T]


class PiecewiseLinearEncoder(_NumericTransformer):
    """Encode each column by how far a value has come through each of its bins.

    The edges t₀ < t₁ < ... < t_m of a column's bins are quantiles of its values. Component b
    of its encoding is

        clip((x − t_b) / (t_{b+1} − t_b), 0, 1),

    0 below bin b, 1 above it and linear inside. A linear model of the encoding is a continuous
    piecewise linear function of the column, and the first layer of a network need not learn
    from a single number where the column's thresholds are. Unlike one-hot bins, the encoding
    keeps the order of values, and those inside a bin apart.

    Parameters
    ----------
    n_bins : int or array-like of int of shape (n_features,), default=16
        The most bins of a column.
    add_indicator : bool, default=True
        Whether a column with missing values in ``fit`` gets one more component: 1 where the
        value is missing, else 0.

    Attributes
    ----------
    bin_edges_ : list of ndarray of shape (n_bins_[j] + 1,)
        The edges of each column in increasing order, in the dtype of X. A constant column has
        one edge, its value; a column without any value has none.
    n_bins_ : ndarray of shape (n_features,)
        The number of bins of each column, 0 for a constant one.
    indicator_ : ndarray of shape (n_features,)
        True for the columns whose missing values have a component of their own.
    n_features_in_ : int
        The number of columns in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the columns, where X had names that are all strings.

    See Also
    --------
    SmoothClipScaler : Scales columns robustly, one component each.
    sklearn.preprocessing.KBinsDiscretizer : Bins without a place inside them.
    sklearn.preprocessing.SplineTransformer : Smooth pieces, on edges that are given.

    Notes
    -----
    Missing values (NaN) are 0 in every component of their bins, and only the indicator tells
    them from the smallest value: so ``inverse_transform`` gives NaN back for columns that had
    missing values in ``fit``. Values beyond the outer edges are encoded as the edge.

    Where values tie, quantiles coincide and bins are lost. They are given to quantiles of the
    column's distinct values that are not yet edges. A column with at most n_bins + 1 distinct
    values has each of them as an edge.

    A sample weight of k counts as k equal rows, so one of 0 as a row that is not there. The
    quantile at level q is the smallest value with at least a share q of the weight at or below
    it, and the mean of it and the next larger value where the share is exactly q.

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022), "On embeddings for numerical features in tabular
    deep learning", https://arxiv.org/abs/2203.05556, section 3.2. There, the outer bins go on
    beyond their edges.

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop.preprocessing import PiecewiseLinearEncoder
    >>> X = np.array([[0.0], [1.0], [2.0], [4.0], [8.0]])
    >>> encoder = PiecewiseLinearEncoder(n_bins=2).fit(X)
    >>> encoder.bin_edges_
    [array([0., 2., 8.])]
    >>> encoder.transform([[1.0], [5.0], [9.0]])
    array([[0.5, 0. ],
           [1. , 0.5],
           [1. , 1. ]])
    """

    _parameter_constraints = {
        "n_bins": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "add_indicator": ["boolean"],
    }

    def __init__(self, n_bins=16, *, add_indicator=True):
        self.n_bins = n_bins
        self.add_indicator = add_indicator

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Find the edges of the bins.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The numeric columns. Missing values are NaN.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, not negative.

        Returns
        -------
        self : PiecewiseLinearEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If ``n_bins`` is not a positive integer or one for each column, if all sample
            weights are zero, or if the distance of two edges is infinite in the dtype of X.
        """
        X, columns = self._validate_fit(X, sample_weight)
        most = self._bins_per_column(X.shape[1])
        self.bin_edges_ = [
            quantile_edges(values, mass, n_bins)
            for (values, mass), n_bins in zip(columns, most, strict=True)
        ]
        self.n_bins_ = np.array([max(len(edges) - 1, 0) for edges in self.bin_edges_])
        present = X if sample_weight is None else X[np.asarray(sample_weight) > 0]
        self.indicator_ = np.isnan(present).any(axis=0) & self.add_indicator
        self._lay_out()
        if not np.isfinite(self._width).all():
            j = self._source[np.argmin(np.isfinite(self._width))]
            raise ValueError(
                f"The values of feature {j} are too far apart for {X.dtype}: from "
                f"{self.bin_edges_[j][0]} to {self.bin_edges_[j][-1]}."
            )
        return self

    def _bins_per_column(self, n_features):
        n_bins = np.asarray(self.n_bins)
        if n_bins.ndim == 0:
            return np.full(n_features, n_bins)
        if n_bins.shape != (n_features,):
            raise ValueError(
                f"n_bins must be an integer or have one for each of the {n_features} features; "
                f"got an array of shape {n_bins.shape}."
            )
        if n_bins.dtype.kind not in "iu" or (n_bins < 1).any():
            raise ValueError(f"n_bins must hold integers of at least 1; got {self.n_bins!r}.")
        return n_bins

    def _lay_out(self):
        """Write the edges as arrays over the components: what one pass over rows needs.

        Component c is that of column ``_source[c]``; the bin begins at ``_start[c]`` and is
        ``_width[c]`` wide. Column j's components begin at ``_first[j]``, its indicator last.
        """
        sizes = self.n_bins_ + self.indicator_
        self._first = np.concatenate([[0], np.cumsum(sizes)])
        self._source = np.repeat(np.arange(len(sizes)), sizes)
        dtype = np.result_type(*self.bin_edges_)
        self._start = np.zeros(len(self._source), dtype)
        self._width = np.ones(len(self._source), dtype)
        for first, edges in zip(self._first[:-1], self.bin_edges_, strict=True):
            bins = slice(first, first + max(len(edges) - 1, 0))
            self._start[bins] = edges[:-1]
            with np.errstate(over="ignore"):
                self._width[bins] = np.diff(edges)

    def transform(self, X):
        """Encode each column by its bins.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The numeric columns.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Values in [0, 1], float32 for float32 input, else float64. n_components is
            ``n_bins_.sum() + indicator_.sum()``: the bins of the first column, its indicator
            if it has one, the bins of the second, and so on.
        """
        check_is_fitted(self)
        X = self._validate_X(X)
        codes = np.empty((len(X), len(self._source)), X.dtype)
        self._encode(X, codes)
        return codes

    def _encode(self, X, out):
        """Write the encoding of X, an array of numbers, into ``out``.

        ``out`` may be a slice of the columns of a larger array, and have a dtype of its own.
        """
        start = self._start.astype(X.dtype)
        width = _not_zero(self._width.astype(X.dtype))
        missing = np.isnan(X)
        if missing.any():  # the first edge is 0 in every component
            X = np.where(missing, self._first_edges().astype(X.dtype), X)
        n_rows = max(1, _CHUNK_BYTES // max(1, len(start) * X.itemsize))
        buffer = np.empty((min(n_rows, len(X)), len(start)), X.dtype)
        for begin in range(0, len(X), n_rows):
            x = X[begin : begin + n_rows]
            codes = np.take(x, self._source, axis=1, out=buffer[: len(x)], mode="clip")
            codes -= start
            with np.errstate(over="ignore"):  # infinity is then clipped
                codes /= width
            np.clip(codes, 0, 1, out=out[begin : begin + n_rows])
        for j in np.flatnonzero(self.indicator_):
            out[:, self._first[j + 1] - 1] = missing[:, j]

    def _first_edges(self):
        return np.array([edges[0] if len(edges) else 0 for edges in self.bin_edges_])

    def inverse_transform(self, X):
        """Return the values that have the given encoding.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Encoded columns. They need not be an output of ``transform``: a column is
            t₀ + Σ_b codes_b (t_{b+1} − t_b), and missing where its indicator is above 0.5.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            The columns. Values that were outside the edges come back as the edge, constant
            columns as their value, and columns without any value as NaN.
        """
        check_is_fitted(self)
        codes = check_array(X, dtype=FLOAT_DTYPES, ensure_min_features=0)
        if codes.shape[1] != len(self._source):
            raise ValueError(
                f"X has {codes.shape[1]} components, but the encoding has {len(self._source)}."
            )
        X = np.full((len(codes), self.n_features_in_), np.nan, codes.dtype)
        for j, (edges, (first, end)) in enumerate(
            zip(self.bin_edges_, pairwise(self._first), strict=True)
        ):
            if len(edges):
                bins = codes[:, first : first + len(edges) - 1].astype(np.float64, copy=False)
                X[:, j] = edges[0] + bins @ np.diff(edges.astype(np.float64))
            if self.indicator_[j]:
                X[codes[:, end - 1] > 0.5, j] = np.nan
        return X

    def get_feature_names_out(self, input_features=None):
        """Return the names of the components.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; those seen in ``fit`` where None, or x0, x1, ...

        Returns
        -------
        names : ndarray of shape (n_components,)
            ``<column>_bin<b>`` for the bins, and ``<column>_missing`` for the indicator.
        """
        check_is_fitted(self)
        # A column's own name, checked against those of ``fit``, is what one-to-one output has.
        columns = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        names = []
        for column, n_bins, indicated in zip(columns, self.n_bins_, self.indicator_, strict=True):
            names += [f"{column}_bin{b}" for b in range(n_bins)]
            names += [f"{column}_missing"] * bool(indicated)
        return np.array(names, dtype=object)


class SmoothClipScaler(OneToOneFeatureMixin, _NumericTransformer):
    """Scale each column by its median and quartiles, and bend outliers into a bounded range.

    With z = (x − median) / (third quartile − first quartile), the result is

        f(z) = z / √(1 + (z / limit)²),

    which is close to z for usual values and stays inside (−limit, limit) for any.

    Parameters
    ----------
    limit : float, default=3.0
        The bound that f approaches.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        The median of each column, NaN for a column without any value.
    scale_ : ndarray of shape (n_features,)
        The distance of the quartiles of each column; where they coincide, half the distance
        of its smallest and largest value; 0 for a constant column.
    n_features_in_ : int
        The number of columns in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        The names of the columns, where X had names that are all strings.

    See Also
    --------
    PiecewiseLinearEncoder : Several components a column.
    sklearn.preprocessing.RobustScaler : The same scale without the bend.

    Notes
    -----
    Missing values (NaN) are left out of the quantiles and stay NaN. A constant column becomes
    0, also for values that ``fit`` did not see: nothing was learned about them.

    A sample weight of k counts as k equal rows, so one of 0 as a row that is not there.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data", https://arxiv.org/abs/2407.04491, appendix A.

    Examples
    --------
    >>> import numpy as np
    >>> from skbackprop.preprocessing import SmoothClipScaler
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [1000.0]])
    >>> SmoothClipScaler().fit_transform(X).round(2)
    array([[-0.95],
           [-0.49],
           [ 0.  ],
           [ 0.49],
           [ 3.  ]])
    """

    _parameter_constraints = {"limit": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, limit=3.0):
        self.limit = limit

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Find the median and the scale of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The numeric columns. Missing values are NaN.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, not negative.

        Returns
        -------
        self : SmoothClipScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If all sample weights are zero.
        """
        X, columns = self._validate_fit(X, sample_weight)
        self.center_ = np.full(len(columns), np.nan, X.dtype)
        self.scale_ = np.zeros(len(columns), X.dtype)
        for j, (values, mass) in enumerate(columns):
            if len(values):
                lower, self.center_[j], upper = quantiles(values, mass, 4)[1:-1]
                spread = upper - lower
                self.scale_[j] = spread if spread > 0 else values[-1] / 2 - values[0] / 2
        return self

    def transform(self, X):
        """Scale and bend each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The numeric columns.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_features)
            Values in [−limit, limit], or NaN; float32 for float32 input, else float64.
        """
        check_is_fitted(self)
        Z = self._validate_X(X)
        missing = np.isnan(Z)
        constant = self.scale_ == 0
        scale = np.where(constant, 1, _not_zero(self.scale_.astype(Z.dtype)))
        with np.errstate(over="ignore"):  # infinity is then bounded
            Z = (Z - self.center_.astype(Z.dtype)) / scale
        largest = np.sqrt(np.finfo(Z.dtype).max) * min(self.limit, 1)  # its square is finite
        np.clip(Z, -largest, largest, out=Z)
        Z /= np.sqrt(1 + np.square(Z / Z.dtype.type(self.limit)))
        np.clip(Z, -self.limit, self.limit, out=Z)  # rounding may lead beyond
        Z[:, constant] = 0
        Z[missing] = np.nan
        return Z

    def inverse_transform(self, X):
        """Return the values that have the given scaled ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Scaled columns. Values at or beyond the limit are taken as just inside it.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            The columns. The nearer a scaled value is to the limit, the fewer digits are left
            of the original.
        """
        check_is_fitted(self)
        Z = check_array(X, dtype=FLOAT_DTYPES, ensure_all_finite="allow-nan", copy=True)
        if Z.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {Z.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        share = Z / Z.dtype.type(self.limit)
        inside = 1 - np.finfo(Z.dtype).epsneg
        np.clip(share, -inside, inside, out=share)
        np.multiply(share, self.limit, out=Z)
        Z /= np.sqrt((1 - share) * (1 + share))  # f⁻¹(y) = y / √(1 − (y / limit)²)
        Z *= self.scale_.astype(Z.dtype)
        Z += self.center_.astype(Z.dtype)
        return Z


def _not_zero(widths):
    """``widths``, none of them rounded to zero: float64 ones may have been, in float32."""
    return np.maximum(widths, np.finfo(widths.dtype).smallest_subnormal)
