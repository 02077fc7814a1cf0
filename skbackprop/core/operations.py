"""Operations: equations bound to their arrays once, so that a step has only to run them.

An operation is a callable without arguments. Where an array is small, the overhead of a call is
what counts: there an operation is a BLAS routine of SciPy's, which takes half of the overhead of
the NumPy function. Larger arrays, where OpenBLAS would start threads of its own, and populations
(arrays with a leading axis) are left to NumPy.
"""

from functools import cache, partial, wraps

import numpy as np
from scipy.linalg import get_blas_funcs
from scipy.sparse import issparse

# Up to here OpenBLAS works in one thread.
_SMALL_VECTOR = 8192  # elements
_SMALL_PRODUCT = 1 << 18  # multiplications


def operation(method):
    """Make a method that computes on a slot at once into one that returns it as an operation."""

    @wraps(method)
    def bound(self, slot):
        return [partial(method, self, slot)]

    return bound


class Given:
    """A matrix that a product reads when it runs: rows of X, dense or CSR, each time others.

    Parameters
    ----------
    transpose_of : Given, default=None

    Attributes
    ----------
    array : ndarray or CSR of shape (n_rows, width)
    """

    def __init__(self, transpose_of=None):
        self.array = None
        self._origin = transpose_of

    def value(self):
        """The matrix, or its transpose."""
        return self.array if self._origin is None else self._origin.array.T

    def swapaxes(self, *axes):
        """Its transpose, given with it."""
        return Given(transpose_of=self)


def product(a, b, out):
    """``out`` ← a b."""
    if isinstance(a, Given):
        return partial(_product_of_given, a, b, out)
    if out.ndim > 2:
        return _product_of_stacks(a, b, out)
    if not out.flags.c_contiguous:
        return partial(np.matmul, a, b, out)
    if not (_is_small_product(*a.shape, b.shape[1]) and _is_blas(a, b, out)):
        return partial(np.dot, a, b, out)
    # BLAS counts columns first: outᵀ = bᵀ aᵀ
    (left, left_transposed), (right, right_transposed) = _columns_first(b), _columns_first(a)
    gemm = _blas("gemm", out.dtype)
    return partial(gemm, 1.0, left, right, 0.0, out.T, left_transposed, right_transposed, True)


def _product_of_stacks(a, b, out):
    """The products of many small matrices, which BLAS takes one by one."""
    if a.shape[-1] == 1:
        return partial(np.einsum, "...ij,...jk->...ik", a, b, out=out)
    if b.strides[-1] == b.itemsize:
        return partial(np.matmul, a, b, out)
    # BLAS is slow to read small transposed matrices: together, they are quickly put in order
    return partial(_product_with_copy, a, b, np.empty(b.shape, b.dtype), out)


def _product_with_copy(a, b, copy, out):
    np.copyto(copy, b)
    np.matmul(a, copy, out)


def _product_of_given(given, b, out):
    a = given.value()
    if issparse(a):
        out[...] = a @ b
    else:
        np.dot(a, b, out)


def add_row(row, out):
    """``out`` ← out + row: the row is added to each."""
    if not _is_small(out):
        return partial(np.add, out, row, out)
    ger = _blas("ger", out.dtype)
    ones = np.ones(len(out), out.dtype)
    return partial(ger, 1.0, row[0], ones, 1, 1, out.T, True, True, True)


def sum_rows(a, out):
    """``out`` ← Σᵢ aᵢ, the sum of the rows: as a product, which is faster."""
    return product(np.ones_like(a, shape=(1, a.shape[-2])), a, out)


def multiply(a, b, out):
    """``out`` ← a ⊙ b."""
    return partial(np.multiply, a, b, out)


def scale(factor, out):
    """``out`` ← factor · out."""
    if not _is_small(out):
        return partial(np.multiply, out, factor, out)
    return partial(_blas("scal", out.dtype), factor, out.reshape(-1))


def accumulate(a, out):
    """``out`` ← out + a."""
    if not _is_small(out) or a.dtype != out.dtype:
        return partial(np.add, out, a, out)
    return partial(_blas("axpy", out.dtype), a.reshape(-1), out.reshape(-1))


class Vectors:
    """In-place arithmetic on vectors up to a length.

    Parameters
    ----------
    like : ndarray of shape (n,) or (K, n)
        One of the longest, or one for each of K networks.
    scratch : ndarray, default=None
        Room of the same shape; made where it is needed if None.

    Attributes
    ----------
    scale : callable(a, x)
        x ← a x
    add : callable(x, y) or callable(x, y, n, a)
        y ← y + x, or y ← y + a x for vectors of length n.
    """

    def __init__(self, like, scratch=None):
        if like.ndim == 1 and _is_small(like):
            self.scale, self.add = _blas("scal", like.dtype), _blas("axpy", like.dtype)
        else:
            scratch = np.empty_like(like) if scratch is None else scratch
            self.scale, self.add = _scale, partial(_add, scratch)


def _scale(a, x):
    np.multiply(x, a, out=x)


def _add(scratch, x, y, n=None, a=None):
    if a is not None:
        x = np.multiply(x, a, out=scratch[..., :n])
    np.add(y, x, out=y)


@cache
def _blas(name, dtype):
    return get_blas_funcs(name, dtype=dtype)


def _is_small_product(n, k, m):
    """Whether a product of shape (n, k) (k, m) is small; that of a vector counts as one."""
    return n * k * m <= (_SMALL_VECTOR if 1 in (n, m) else _SMALL_PRODUCT)


def _is_small(a):
    """Whether BLAS may work on ``a`` as one vector."""
    return a.ndim <= 2 and a.size <= _SMALL_VECTOR and a.flags.c_contiguous and _is_blas(a)


def _is_blas(*arrays):
    """Whether the arrays are plain matrices of one of BLAS's types, laid out without gaps."""
    dtype = arrays[0].dtype
    return dtype.char in "fd" and all(
        type(a) is np.ndarray
        and a.dtype == dtype
        and (a.flags.c_contiguous or a.flags.f_contiguous)
        for a in arrays
    )


def _columns_first(a):
    """The matrix aᵀ for BLAS: an array in column order, and whether to transpose it."""
    return (a.T, False) if a.flags.c_contiguous else (a, True)
