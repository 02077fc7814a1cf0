"""What depends on the size of the table, where the user has not set it.

The rules were chosen on eleven public tables of 1,000 to 20,000 rows and on made-up ones of up to
80,000 together; ``docs/user_guide/tables.md`` says what speaks for each.
"""

import numpy as np

#: Share of the target probability that is spread evenly over the classes.
LABEL_SMOOTHING = 0.05

#: Share of the out-of-fold error that the third cycle of the schedule has to save, or training is
#: over. The fourth takes longer than all before it, and what gains little by twice the epochs has
#: begun to overfit: of 39 trainings, on 48 tables, that fell short and went on all the same, one
#: saved 5 per cent in its fourth cycle, all others less than .2.
LEAST_GAIN = 0.03

_INPUTS_OF_ENCODING = 256  # about so many for all numeric columns together


def batch_size(n_samples):
    """Rows of a step: 1.65·√n as a multiple of 16, from 32 to 256.

    >>> [batch_size(n) for n in (100, 2000, 5000, 100_000)]
    [32, 64, 112, 256]
    """
    return int(np.clip(1.65 * np.sqrt(n_samples) // 16 * 16, 32, 256))


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

    At its end the rate is zero, and training is over where the cycle has gained less than
    `LEAST_GAIN`.

    >>> checkpoint(64)
    (13, 30)
    """
    return int(np.floor(n_epochs * 3 / 15)) + 1, int(np.round(n_epochs * 7 / 15))
