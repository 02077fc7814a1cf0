"""Operations give what NumPy's functions give, in place, whatever they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import get_blas_funcs
from scipy.sparse import csr_array

from skbackprop.core.operations import (
    Placeholder,
    Vectors,
    accumulate,
    add,
    add_row,
    copy,
    multiply,
    product,
    scale,
    sum_rows,
    transpose,
)

SIZES = {"one row": (1, 3, 2), "one column": (7, 1, 1), "small": (6, 5, 4), "large": (70, 80, 120)}
DTYPES = (np.float32, np.float64, np.float16)
TOLERANCE = {np.float16: 0.1, np.float32: 1e-4, np.float64: 1e-12}


@pytest.fixture(params=DTYPES, ids=lambda dtype: dtype.__name__)
def draw(request):
    """A function that draws an array of a shape, in the dtype that is tested."""
    rng = np.random.RandomState(0)
    return lambda *shape: rng.standard_normal(shape).astype(request.param)


def close(actual, desired):
    tolerance = TOLERANCE[actual.dtype.type]
    assert_allclose(actual, desired, rtol=tolerance, atol=tolerance * np.abs(desired).max())


@pytest.mark.parametrize("transposed", ["", "a", "b", "ab", "out"])
@pytest.mark.parametrize("population", [(), (3,)], ids=("alone", "population"))
@pytest.mark.parametrize("size", SIZES)
def test_product(draw, size, population, transposed):
    n, k, m = SIZES[size]

    def matrix(name, n, m):
        if name in transposed:
            return draw(*population, m, n).swapaxes(-1, -2)
        return draw(*population, n, m)

    a, b, out = matrix("a", n, k), matrix("b", k, m), matrix("out", n, m)
    out[...] = np.nan  # what was there does not matter
    run = product(a, b, out)
    for _ in range(2):
        run()
        close(out, a @ b)
        b[...] = draw(*b.shape)  # an operation is bound to arrays, not to their values


def test_product_of_views_with_gaps(draw):
    a, b, out = draw(6, 10)[:, ::2], draw(10, 4)[::2], draw(6, 8)[:, :4]
    product(a, b, out)()
    close(out, a @ b)


@pytest.mark.parametrize("layout", [np.asarray, csr_array])
def test_product_of_what_is_given_later(layout):
    rng = np.random.RandomState(0)
    given, b, out = Placeholder(), rng.standard_normal((5, 3)), np.empty((4, 3))
    run, back = product(given, b, out), product(transpose(given), out, b)
    for _ in range(2):
        X = rng.standard_normal((4, 5))
        given.array = layout(X)
        before = b.copy()
        run()
        close(out, X @ before)
        back()
        close(b, X.T @ out)


@pytest.mark.parametrize("population", [(), (3,)], ids=("alone", "population"))
@pytest.mark.parametrize("size", SIZES)
def test_rows_and_sums(draw, size, population):
    n, _, m = SIZES[size]
    a, row, total = draw(*population, n, m), draw(*population, 1, m), draw(*population, 1, m)
    out = a.copy()
    add_row(row, out)()
    close(out, a + row)
    sum_rows(out, total)()
    close(total, out.sum(axis=-2, keepdims=True))
    doubled = out.copy()
    accumulate(out, doubled)()
    close(doubled, 2 * out)
    scale(0.25, doubled)()
    close(doubled, out / 2)


@pytest.mark.parametrize("shape", [(6, 4), (3, 6, 4)], ids=("alone", "population"))
def test_element_by_element(draw, shape):
    a, b, out = draw(*shape), draw(*shape), draw(*shape)
    add(a, b, out)()
    close(out, a + b)
    multiply(a, b, out)()
    close(out, a * b)
    copy(a, out)()
    assert_array_equal(out, a)


# Which routine --------------------------------------------------------------------

GEMM = {np.dtype(one): get_blas_funcs("gemm", dtype=one) for one in (np.float32, np.float64)}


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_products_of_plain_matrices_are_those_of_blas(dtype, layout):
    """At half the overhead of NumPy's; what it reads is not copied, in whichever order it is."""
    a, b = np.ones((6, 5), dtype, order=layout), np.ones((5, 4), dtype, order=layout)
    operation = product(a, b, np.empty((6, 4), dtype))
    assert operation.func is GEMM[np.dtype(dtype)]
    for matrix in operation.args[1:3]:
        assert matrix.flags.f_contiguous
        assert np.shares_memory(matrix, a) or np.shares_memory(matrix, b)


@pytest.mark.parametrize(
    ("n", "k", "m", "is_small"),
    [
        (64, 64, 64, True),
        (64, 64, 65, False),
        (1, 128, 64, True),
        (1, 128, 65, False),
        (64, 128, 1, True),
        (65, 128, 1, False),
        (128, 1, 65, True),
    ],
)
def test_products_that_openblas_would_divide_among_threads_are_numpys(n, k, m, is_small):
    """Up to 2¹⁸ multiplications of matrices and 2¹³ of a vector, it would not."""
    operation = product(np.ones((n, k)), np.ones((k, m)), np.empty((n, m)))
    assert (operation.func is np.dot) is not is_small
    assert (operation.func is GEMM[np.dtype(float)]) is is_small


@pytest.mark.parametrize("which", ["a", "b"])
@pytest.mark.parametrize(
    "odd",
    [
        lambda a: a.astype(np.float32),
        lambda a: a.astype(np.longdouble),
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: a.view(np.memmap),
    ],
    ids=["other dtype", "not BLAS's", "gaps", "subclass"],
)
def test_products_of_anything_else_are_numpys(which, odd):
    a, b = np.ones((6, 5)), np.ones((5, 4))
    a, b = (odd(a), b) if which == "a" else (a, odd(b))
    assert product(a, b, np.empty((6, 4))).func is np.dot


def test_products_of_populations_are_numpys():
    a, b, out = np.ones((3, 6, 5)), np.ones((3, 5, 4)), np.empty((3, 6, 4))
    assert product(a, b, out).func is np.matmul
    assert product(a, b.swapaxes(-1, -2).copy().swapaxes(-1, -2), out).func is not np.matmul
    assert product(a[..., :1], b[:, :1], out).func is np.einsum
    assert product(np.ones((6, 5)), np.ones((5, 4)), np.empty((4, 6)).T).func is np.matmul


def test_vectors_up_to_a_size_are_those_of_blas():
    small, large = np.ones((64, 128)), np.ones((64, 129))
    for a, is_small in ((small, True), (large, False), (small.T, False), (small[None], False)):
        assert (scale(2.0, a).func is np.multiply) is not is_small
        assert (accumulate(a, a.copy()).func is np.add) is not is_small
        assert (add_row(a[..., :1, :], a).func is np.add) is not is_small
    assert accumulate(small.astype(np.float32), small).func is np.add
    assert accumulate(small[:1], small).func is np.add


def test_sums_in_double_precision(draw):
    a, sums = draw(6, 2), np.zeros((6, 2))
    accumulate(a, sums)()
    assert sums.dtype == np.float64
    assert_allclose(sums, a)


@pytest.mark.parametrize("shape", [(50,), (20_000,), (3, 50)], ids=("small", "large", "population"))
def test_vectors(draw, shape):
    x, y = draw(*shape), draw(*shape)
    vectors, before = Vectors(x), x.copy()
    expected = y + x
    vectors.add(x, y)
    close(y, expected)
    n = shape[-1] // 2
    expected = y + np.concatenate([0.5 * x[..., :n], 0 * x[..., n:]], axis=-1)
    vectors.add(x[..., :n], y[..., :n], n, 0.5)
    close(y, expected)
    assert np.array_equal(x, before)
    vectors.scale(0.5, x)
    close(x, before / 2)


@pytest.mark.parametrize("layout", ["transposed", "gaps", "transposed and gaps", "reversed"])
@pytest.mark.parametrize("which", ["a", "out", "both"])
def test_accumulate_writes_to_its_array_whatever_the_layout(draw, which, layout):
    """Flattened, such an array is a copy: what is written to that is lost."""

    def laid_out():
        return {
            "transposed": lambda: draw(4, 6).T,
            "gaps": lambda: draw(6, 8)[:, ::2],
            "transposed and gaps": lambda: draw(8, 6)[::2].T,
            "reversed": lambda: draw(6, 4)[::-1],
        }[layout]()

    a = draw(6, 4) if which == "out" else laid_out()
    out = draw(6, 4) if which == "a" else laid_out()
    expected = out + a
    accumulate(a, out)()
    close(out, expected)
