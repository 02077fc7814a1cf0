"""The errors and warnings that a user may meet; any other is a finding."""

import re

from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, UndefinedMetricWarning

#: Errors of scikit-learn's own validation of data and parameters.
_OF_SCIKIT_LEARN = [
    r"The '\w+' parameter of \w+ must be",
    r"Input (X|y|sample_weight|X_val|y_val|sample_weight_val) contains (NaN|infinity)",
    r"Found array with \d+ (sample|feature)\(s\)",
    r"X has \d+ features, but \w+ is expecting \d+ features",
    r"The feature names should match those that were passed during fit",
    r"Found input variables with inconsistent numbers of samples",
    r"sample_weight(_val)?\.shape == \S+, expected \S+",
    r"Negative values in data passed to `\w+`",
    r"sample_weight(_val)?( must have| is zero)",
    r"Sample weights must contain at least one non-zero number",
    r"Unknown label type",
    r"Expected 2D array, got 1D array",
    r"Sparse data was passed",
    r"dtype='numeric' is not compatible with arrays of bytes/strings",
    r"could not convert string to float",
    r"The classes, .* are not in class_weight|class_weight",
    # of the split for early stopping
    r"With n_samples=\d+, test_size=\S+ and train_size=\S+, the resulting train set will be empty",
    r"The least populated class(es)? in y ha(s|ve) only",
    r"The (test|train)_size = \d+ should be greater or equal to the number of classes",
    r"test_size=\S+ should be either positive and smaller than the number of samples",
]
_OF_PARAMETERS = [
    r"hidden_layer_sizes must",
    r"decoder_layer_sizes must",
    r"activation has \d+ entries for \d+ hidden layers",
    r"activation must be a single one when decoder_layer_sizes has another length",
    r"activation\b.*must be",
    r"dropout has \d+ entries|dropout\b.*must be",
    r"dropout=.* needs a stochastic solver",
    r"solver='lbfgs' cannot minimise a loss that changes at random",
    r"init\b",
    r"n_components=\d+ must be at most",
    r"(do not combine|combines neither)",
    r"needs (code_activation|output_activation|decoder_layer_sizes|data in \[0, 1\])",
    r"second_derivative",
    r"partial_fit does not support early_stopping=True",
    r"class_weight='balanced' is not supported for partial_fit",
    r"scoring",
    r"corruption_level must be in",
    r"(multiclass|multilabel-indicator|multiclass-multioutput) is not supported",  # by a metric
]
_OF_FITS = [
    r"The validation set is too small",
    r"(X_val|y_val|sample_weight_val)( and y_val)? (is|are) (provided|passed)",
    r"y_val has classes that are not in y",
    r"Training cannot go on",
    r"warm_start can only be used where `y` has the same classes",
    r"`y` has classes not in `self.classes_`",
    r"classes must be passed on the first call to partial_fit",
    r"`classes=.*` is not the same as on last call",
    r"loss='poisson' needs non-negative y",
    r"non-finite|Training diverged",
    r"too large",
    r"init='isomap' finds no embedding",
    r"too few|needs (at least|more than) \d+",
    r"not fitted yet|is not fitted",
    r"sample needs variational=True",
    r"with a positive sample_weight: two are needed",
    r"y has only one class",
    r"y should be a 1d array",
    r"n_members must be even",
    r"categorical_features",
    r"Column .* of X (contains infinity|has values that are not numbers|has dtype)",
    r"the number of outputs|number of outputs",
]
_OF_METHODS = [
    r"has no attribute '\w+'",
    r"partial_fit is (only available|not there)",
]
ERRORS = re.compile("|".join([*_OF_SCIKIT_LEARN, *_OF_PARAMETERS, *_OF_FITS, *_OF_METHODS]))

#: Only data or parameters out of the ordinary may lead to these.
OF_DIVERGENCE = re.compile(r"non-finite|diverged|too large|far above")

WARNINGS = [
    (ConvergenceWarning, r"Maximum iterations|lbfgs failed to converge|schedule"),
    (ConvergenceWarning, r"diverged|n_init|loss"),
    (DataConversionWarning, r"A column-vector y was passed"),
    (UndefinedMetricWarning, r"R\^2 score is not well-defined"),
    (UserWarning, r"ignores|no effect|has no use"),
    (UserWarning, r"Got `batch_size` less than 1 or larger than sample size"),
    (UserWarning, r"X (does not have valid|has) feature names"),
    (UserWarning, r"y_pred contains classes not in y_true"),
    (UserWarning, r"n_members=\d+ asks for \d+ folds"),
    (UserWarning, r"A single label was found in"),
    (UserWarning, r"The number of connected components of the neighbors graph"),
]


def is_documented_error(error: BaseException) -> bool:
    """Whether a user may meet the error: of a fitting type, and with a message of ours."""
    fitting = isinstance(error, ValueError | AttributeError)
    fitting |= isinstance(error, TypeError) and "Sparse data was passed" in str(error)
    return fitting and bool(ERRORS.search(str(error)))


def is_documented_warning(category: type[Warning], message: str) -> bool:
    """Whether a user may meet the warning."""
    return any(
        issubclass(category, allowed) and re.search(pattern, message)
        for allowed, pattern in WARNINGS
    )
