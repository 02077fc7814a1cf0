"""Operations: arithmetic bound to its arrays once, so that a step only has to run it.

An *operation* is a callable without arguments that reads and writes arrays chosen beforehand. A
layer's ``bind`` lists the operations of its equations, forward and backward; a step runs the lists:

    forward = [product(a, W, z), add_row(b, z)]  # bound once:   z = a W + b
    for operation in forward:  # run in each step
        operation()

Binding decides in advance what a general function would decide at every call (shapes, layouts,
memory for the result), and it lets a small product be a BLAS routine of SciPy's, at half the
overhead of the NumPy function. Larger arrays, where OpenBLAS would start threads of its own, and
populations (arrays with a leading axis) are left to NumPy. Any other arithmetic is an operation,
too, once it has its arguments: ``partial(np.exp, z, a)``, or a function defined in ``bind``.
``benchmarks/bench_operations.py`` measures what this gains.
"""

from functools import cache, partial

import numpy as np
from scipy.linalg import get_blas_funcs
from scipy.sparse import issparse

# Up to here OpenBLAS works in one thread.
_SMALL_VECTOR = 8192  # elements
_SMALL_PRODUCT = 1 << 18  # multiplications


class Placeholder:
    """Stands for a matrix that an operation reads when it runs: rows of X, each time others.

    Parameters
    ----------
    transpose_of : Placeholder, default=None
        Makes this one stand for the transpose of the other's matrix.

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


def transpose(a):
    """Aᵀ over the last two axes, as a view."""
    return Placeholder(transpose_of=a) if isinstance(a, Placeholder) else a.swapaxes(-1, -2)


def product(a, b, out):
    """``out`` ← a b."""
    if isinstance(a, Placeholder):
        return partial(_product_of_placeholder, a, b, out)
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


def _product_of_placeholder(placeholder, b, out):
    a = placeholder.value()
    if issparse(a):
        out[...] = a @ b
    elif out.ndim > 2:
        np.matmul(a, b, out)
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


def add(a, b, out):
    """``out`` ← a + b."""
    return partial(np.add, a, b, out)


def multiply(a, b, out):
    """``out`` ← a ⊙ b."""
    return partial(np.multiply, a, b, out)


def copy(a, out):
    """``out`` ← a."""
    return partial(np.copyto, out, a)


def scale(factor, out):
    """``out`` ← factor · out."""
    if not _is_small(out):
        return partial(np.multiply, out, factor, out)
    return partial(_blas("scal", out.dtype), factor, out.reshape(-1))


def accumulate(a, out):
    """``out`` ← out + a."""
    if not (_is_small(out) and _is_small(a) and a.dtype == out.dtype and a.shape == out.shape):
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
    consume : callable(x, y, n, a)
        The latter where x is not needed any more: it may be overwritten.
    """

    def __init__(self, like, scratch=None):
        if like.ndim == 1 and _is_small(like):
            self.scale, self.add = _blas("scal", like.dtype), _blas("axpy", like.dtype)
            self.consume = self.add
        else:
            scratch = np.empty_like(like) if scratch is None else scratch
            self.scale, self.add, self.consume = _scale, partial(_add, scratch), _consume


def _scale(a, x):
    np.multiply(x, a, out=x)


def _add(scratch, x, y, n=None, a=None):
    if a is not None:
        x = np.multiply(x, a, out=scratch[..., :n])
    np.add(y, x, out=y)


def _consume(x, y, n, a):
    _add(x, x, y, n, a)


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
