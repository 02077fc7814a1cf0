"""Many small images as one."""

import numpy as np

GAP = 1  # pixels between images


def as_images(rows, image_shape):
    """Samples as images.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
    image_shape : tuple of two int
        Height and width.

    Returns
    -------
    ndarray of shape (n_samples, height, width)

    Raises
    ------
    ValueError
        If a sample has not as many features as the image has pixels.
    """
    if len(image_shape) != 2 or np.prod(image_shape) != rows.shape[1]:
        raise ValueError(
            f"image_shape={image_shape!r} does not fit samples of {rows.shape[1]} features."
        )
    return rows.reshape(len(rows), *image_shape)


def mosaic(images):
    """Images side by side and below each other, with gaps of NaN between.

    Parameters
    ----------
    images : ndarray of shape (n_rows, n_columns, height, width)

    Returns
    -------
    ndarray of shape (n_rows * (height + 1) - 1, n_columns * (width + 1) - 1)
    """
    n_rows, n_columns, height, width = images.shape
    padded = np.full((n_rows, height + GAP, n_columns, width + GAP), np.nan)
    padded[:, :height, :, :width] = images.transpose(0, 2, 1, 3)
    whole = padded.reshape(n_rows * (height + GAP), n_columns * (width + GAP))
    return whole[:-GAP, :-GAP]


def centres(n, size):
    """The middle of each of ``n`` images of ``size`` pixels along an axis of a mosaic."""
    return np.arange(n) * (size + GAP) + (size - 1) / 2
