"""What depends on the size of the table, where the user has not set it."""

import numpy as np

_INPUTS_OF_ENCODING = 256  # about so many in all


def batch_size(n_samples):
    """Rows of a step: 64 up to 1,024 rows, 128 up to 8,192, 256 beyond."""
    if n_samples <= 1024:
        return 64
    return 128 if n_samples <= 8192 else 256


def n_epochs(n_samples):
    """Epochs: 64 up to 10,000 rows, then fewer, so that the number of steps grows as √n; 16 at least."""
    return int(np.clip(64 * np.sqrt(1e4 / max(n_samples, 1)), 16, 64))


def n_bins(n_samples, n_numbers):
    """Bins of a numeric column: about 256 for all columns together, between 4 and 48 for each."""
    return int(np.clip(_INPUTS_OF_ENCODING // max(1, n_numbers), 4, 48))


def label_smoothing(n_samples):
    """Share of the target probability that is spread over all classes."""
    return 0.1
