"""What depends on the size of the table, where the user has not set it.

The rules were chosen on eleven public tables of 1,000 to 20,000 rows and on made-up ones of up to
80,000 together; ``docs/user_guide/tables.md`` says what speaks for each.
"""

import numpy as np

#: Share of the target probability that is spread evenly over the classes.
LABEL_SMOOTHING = 0.05

_INPUTS_OF_ENCODING = 256  # about so many for all numeric columns together


def batch_size(n_samples):
    """Rows of a step: n / 32 as a power of two, from 32 to 256.

    >>> [batch_size(n) for n in (100, 3000, 5000, 100_000)]
    [32, 64, 128, 256]
    """
    return int(2 ** np.clip(np.floor(np.log2(max(n_samples, 1) / 32)), 5, 8))


def n_epochs(n_samples):
    """Epochs: 64 up to 50,000 rows; beyond, the number of steps grows as √n; at least 16.

    >>> [n_epochs(n) for n in (1000, 50_000, 200_000)]
    [64, 64, 32]
    """
    return int(np.clip(64 * np.sqrt(5e4 / max(n_samples, 1)), 16, 64))


def n_bins(n_numbers):
    """Bins of a numeric column: 256 for all columns together, from 8 to 48 for each.

    >>> [n_bins(n) for n in (1, 10, 100)]
    [48, 25, 8]
    """
    return int(np.clip(_INPUTS_OF_ENCODING // max(1, n_numbers), 8, 48))


def checkpoint(n_epochs):
    """The epochs of the third cycle of the "coslog4" schedule: from its first to its last.

    At its end the rate is zero. Where the best out-of-fold score lies before this cycle, training
    is over.

    >>> checkpoint(64)
    (13, 30)
    """
    return int(np.floor(n_epochs * 3 / 15)) + 1, int(np.round(n_epochs * 7 / 15))
