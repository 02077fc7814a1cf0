"""BackpropClassifier."""

from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_consistent_length

from ._docstrings import documented
from ._estimator.base import BaseBackprop, unchanged_on_error
from ._estimator.data import TrainingData, refuse_bad_weights, validate_sample_weight
from ._estimator.features import HiddenFeaturesMixin
from ._estimator.sklearn_compat import (
    Interval,
    StrOptions,
    _check_partial_fit_first_call,
    _check_y,
    _fit_context,
)
from .core.losses import LINKS, LOSSES
from .core.prediction import feed_forward


@documented(
    loss="""
        {"log_loss", "squared_error"}
        "log_loss" is the cross-entropy; "squared_error" is half the mean square through the sigmoid
        or softmax.""",
    class_weight="""
        dict, "balanced" or None
        Weights of the classes, which multiply the sample weights: ``{label: weight}``, or
        "balanced" for weights inversely proportional to the class frequencies. None gives
        all weight one.""",
    label_smoothing="""
        float
        Share ε in [0, 1) of the target probability spread evenly over the K classes: targets are
        (1 − ε) y + ε / K (K = 2 for each output of binary and multilabel problems).
        ``predict_proba`` then estimates the smoothed probabilities; (p − ε / K) / (1 − ε) undoes
        it.""",
    classes_="""
        ndarray of shape (n_classes,)
        Class labels.""",
)
class BackpropClassifier(HiddenFeaturesMixin, ClassifierMixin, BaseBackprop):
    """Multi-layer perceptron classifier with backpropagation written from scratch.

    A superset of scikit-learn's :class:`~sklearn.neural_network.MLPClassifier`: the same parameters
    and the same integer ``random_state`` give the same model. For binary, multiclass and multilabel
    problems, on dense or sparse data.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    BackpropRegressor : The same for regression.
    sklearn.neural_network.MLPClassifier : The estimator that this one extends.

    Notes
    -----
    The objective is (Σ wᵢ ℓᵢ + α/2 ‖W‖²) / Σ wᵢ over the training set with sample weights wᵢ.
    Weights are normalised once, over the training set, so that a mini-batch's gradient is that of
    the mean of wᵢ ℓᵢ over the batch. ``partial_fit`` takes weights as they are.

    References
    ----------
    .. [1] Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating
       errors".
    .. [2] Kingma & Ba (2015), "Adam: a method for stochastic optimization".

    Examples
    --------
    >>> from skbackprop import BackpropClassifier
    >>> from skbackprop.datasets import make_spirals
    >>> X, y = make_spirals(random_state=0)
    >>> clf = BackpropClassifier((16, 8), "tanh", solver="lbfgs", max_iter=500, random_state=0)
    >>> clf.fit(X, y).score(X, y)
    1.0
    >>> clf.transform(X).shape  # the last hidden layer
    (400, 8)
    """

    _parameter_constraints: dict = {
        **BaseBackprop._parameter_constraints,
        "loss": [StrOptions({"log_loss", "squared_error"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        init="glorot_uniform",
        loss="log_loss",
        class_weight=None,
        dropout=0.0,
        normalization=None,
        weight_decay=0.0,
        max_grad_norm=None,
        label_smoothing=0.0,
        scoring=None,
    ):
        self._store_parameters(locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the network to training data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            A validation set for early stopping, instead of a share of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Its targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Its sample weights.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or the weights did not stay finite. The
            estimator is then as it was before.
        """
        return self._fit(X, y, sample_weight, validation=(X_val, y_val, sample_weight_val))

    @available_if(lambda self: self._check_stochastic())
    @_fit_context(prefer_skip_nested_validation=True)
    @unchanged_on_error
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, taken as they are: a weight of 2 doubles a sample's gradient.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever be seen; needed in the first call.

        Returns
        -------
        self : object
            The estimator after the epoch.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or the weights did not stay finite. The
            estimator is then as it was before.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            is_multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer.fit(y if is_multilabel else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    # -- hooks ------------------------------------------------------------------------------------

    def _training_data(self, X, y, sample_weight, *, continuing, incremental):
        X, y = self._validate_X(X, y, continuing=continuing, multi_output=True)
        y = self._as_labels(y)
        if incremental or continuing:
            self._refuse_unknown_classes(y, warm_start=continuing and not incremental)
        else:
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        Y = self._encode(y, X.dtype)
        return TrainingData(X, Y, self._validate_sample_weight(sample_weight, X, Y, incremental))

    @staticmethod
    def _as_labels(y):
        """Labels of shape (n_samples,), or an indicator matrix."""
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            return column_or_1d(y, warn=True)
        return y

    def _refuse_unknown_classes(self, y, *, warm_start):
        classes = unique_labels(y)
        if warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _encode(self, y, dtype):
        """One-hot targets of shape (n_samples, n_outputs); one column for two classes."""
        if y.ndim == 2 or self._label_binarizer.y_type_.startswith("multilabel"):
            return self._label_binarizer.transform(y).astype(dtype)
        codes = np.searchsorted(self.classes_, y)  # the labels have been checked
        if len(self.classes_) <= 2:
            return codes[:, np.newaxis].astype(dtype)
        one_hot = np.zeros((len(y), len(self.classes_)), dtype)
        one_hot[np.arange(len(y)), codes] = 1.0
        return one_hot

    def _validation_data(self, X_val, y_val, sample_weight_val, dtype):
        X_val = self._validate_X(X_val, dtype=dtype)
        y_val = self._as_labels(_check_y(y_val, multi_output=True, estimator=self))
        check_consistent_length(X_val, y_val)
        unseen = np.setdiff1d(unique_labels(y_val), self.classes_)
        if len(unseen):
            raise ValueError(f"y_val has classes that are not in y: {unseen}.")
        weights = validate_sample_weight(sample_weight_val, X_val, "sample_weight_val")
        return TrainingData(X_val, self._encode(y_val, X_val.dtype), weights)

    def _validate_sample_weight(self, sample_weight, X, Y, incremental):
        weights = super()._validate_sample_weight(sample_weight, X, Y, incremental)
        if self.class_weight is None:
            return weights
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit: one batch does not show "
                "the class frequencies. Pass them as a dict, from compute_class_weight on all of y."
            )
        by_class = self._weights_by_class(Y, weights)
        return refuse_bad_weights(
            by_class if weights is None else weights * by_class, "class_weight"
        )

    def _weights_by_class(self, Y, weights):
        """The class weight of each sample; "balanced" counts samples by their weights."""
        y = self._scored_target(Y)
        if self.class_weight != "balanced" or weights is None or y.ndim == 2:
            return compute_sample_weight(self.class_weight, y)
        _, codes = np.unique(y, return_inverse=True)
        totals = np.bincount(codes, weights)
        balanced = totals.sum() / (np.count_nonzero(totals) * np.where(totals > 0, totals, 1.0))
        return balanced[codes]

    def _make_loss(self):
        multiclass = self._label_binarizer.y_type_ == "multiclass"
        return LOSSES[self.loss](link="softmax" if multiclass else "logistic")

    def _training_target(self, Y):
        """Label smoothing: (1 − ε) y + ε / K (Szegedy et al., 2016); K = 2 where logistic."""
        if not self.label_smoothing:
            return Y
        n_classes = Y.shape[1] if self._label_binarizer.y_type_ == "multiclass" else 2
        return Y * (1.0 - self.label_smoothing) + self.label_smoothing / n_classes

    def _stratify(self, Y):
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return None
        if Y.shape[1] == 1:  # named as scikit-learn's error message names them
            return np.where(Y[:, 0] > 0, "True", "False")
        return self.classes_[Y.argmax(axis=1)]

    def _scored_target(self, Y):
        return self._label_binarizer.inverse_transform(Y)

    def _default_score(self, network, X, y, sample_weight):
        z = feed_forward(network, X)
        if not np.isfinite(z).all():
            return np.nan
        return accuracy_score(y, self._decode(z), sample_weight=sample_weight)

    def _decode(self, z):
        """Labels from raw scores."""
        if self._label_binarizer.y_type_ != "multiclass":
            z = (z > 0).astype(z.dtype)  # σ(z) > ½
        return self._label_binarizer.inverse_transform(z)

    # -- prediction -------------------------------------------------------------------------------

    def decision_function(self, X):
        """Raw scores z of the output layer, before the sigmoid or softmax.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            For two classes, positive scores mean ``classes_[1]``.
        """
        z = self._raw_scores(X)
        return z.ravel() if self.n_outputs_ == 1 else z

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predicted classes, or the indicator matrix of labels.
        """
        return self._decode(self._raw_scores(X))

    def predict_proba(self, X):
        """Probability estimates.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; for multilabel problems, that of each label.
        """
        z = self._raw_scores(X)
        if self.n_outputs_ == 1:
            if len(self.classes_) == 1:
                return np.ones_like(z)
            z = np.concatenate([-z, z], axis=1)  # 1 − σ(z) = σ(−z), without cancellation
        LINKS[self.out_activation_].predict(z, z)
        if self.out_activation_ == "logistic" and self.n_outputs_ > 1:
            one, zero = z.dtype.type(1), z.dtype.type(0)
            np.minimum(z, np.nextafter(one, zero), out=z)  # below 1, as scikit-learn checks
        return np.maximum(z, np.finfo(z.dtype).tiny, out=z)  # log p stays finite

    def predict_log_proba(self, X):
        """Logarithm of the probability estimates.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input data.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Equal to ``log(predict_proba(X))``, and finite.
        """
        return np.log(self.predict_proba(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
