"""Data of every size, kind, scale, dtype, memory layout and container."""

import zlib
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from .spec import Spec

KINDS = ["normal", "unit", "integers", "constant", "constant columns", "duplicates", "zeros"]
SCALES = [1e-300, 1e-150, 1e-30, 1e-3, 1e3, 1e19, 1e30, 1e150, 1e300]
DTYPES = ["float32", "float16", "longdouble", "int8", "int64", "uint8", "bool", "object", "str"]
LAYOUTS = ["fortran", "strided", "reversed", "read-only", "list"]
SPARSE = ["csr_matrix", "csc_matrix", "csr_array", "csc_array", "coo_array", "lil_array"]
FRAMES = ["pandas", "polars"]
CONTAINERS = [*LAYOUTS, *SPARSE, *FRAMES]
CLASSES = ["binary", "multiclass", "multilabel", "one class", "strings", "objects", "booleans"]
NUMBERS = ["regression", "multioutput", "counts", "constant"]
WEIGHTS = ["ones", "uniform", "some zeros", "one row", "integers", "huge", "tiny", "list"]
BAD_WEIGHTS = ["zeros", "negative", "nan", "short"]


@dataclass(frozen=True, repr=False)
class Data(Spec):
    """One data set, with targets and sample weights.

    ``plain`` hands X over as a C-ordered array of the same numbers, whatever its container.
    """

    seed: int = 0
    n_samples: int = 10
    n_features: int = 2
    kind: str = "normal"
    scale: float = 1.0
    shift: float = 0.0
    dtype: str = "float64"
    container: str = "array"
    hole: bool = False
    target: str = "regression"
    target_scale: float = 1.0
    target_container: str = "array"
    weights: str | None = None
    plain: bool = False

    @property
    def is_tame(self):
        """Whether ordinary training copes with its numbers."""
        ordinary = 1e-3 <= self.scale <= 1e2 and abs(self.shift) <= 1e2
        return ordinary and self.target_scale == 1.0 and self.weights not in ("huge", "tiny")

    def plain_X(self):
        """X as float64, what the other forms stand for, shape (n_samples, n_features)."""
        rng = np.random.RandomState(self.seed)
        shape = self.n_samples, self.n_features
        X = {
            "normal": lambda: rng.standard_normal(shape),
            "unit": lambda: rng.uniform(size=shape),
            "integers": lambda: rng.randint(-3, 4, shape).astype(float),
            "constant": lambda: np.full(shape, 1.5),
            "constant columns": lambda: rng.standard_normal(shape) * (np.arange(shape[1]) % 2),
            "duplicates": lambda: rng.standard_normal(shape)[np.arange(shape[0]) // 3],
            "zeros": lambda: np.zeros(shape),
        }[self.kind]()
        if self.container in SPARSE:
            X *= rng.uniform(size=shape) < 0.4
        with np.errstate(all="ignore"):
            X = self.scale * X + self.shift
        if self.hole:
            X[-1, -1] = np.nan
        return X

    def X(self):
        """X as it is handed over."""
        with np.errstate(all="ignore"):
            X = np.round(self.plain_X()) if "int" in self.dtype else self.plain_X()
            X = X.clip(0, 200) if self.dtype == "uint8" else X
            X = X.clip(-100, 100) if self.dtype == "int8" else X
            X = np.nan_to_num(X).clip(-1e15, 1e15) if self.dtype == "int64" else X
            X = X.astype(self.dtype)
        if X.dtype.kind == "f":  # not both infinities: their sum is scikit-learn's to warn of
            X[np.isneginf(X)] = np.inf
        return X if self.plain else contain(X, self.container)

    def y(self):
        """Targets as they are handed over."""
        y = self._target(np.random.RandomState(zlib.crc32(repr(self.seed).encode())))
        if self.target_container == "column" and y.ndim == 1:
            return y[:, np.newaxis]
        if self.target_container == "list":
            return y.tolist()
        if self.target_container == "pandas":
            pd = pytest.importorskip("pandas")
            return pd.Series(y) if y.ndim == 1 else pd.DataFrame(y)
        if self.target_container == "sparse" and self.target == "multilabel":
            return sparse.csr_array(y)
        return y

    def _target(self, rng):
        n = self.n_samples
        if self.target in NUMBERS:
            numbers = {
                "regression": lambda: rng.standard_normal(n),
                "multioutput": lambda: rng.standard_normal((n, 2)),
                "counts": lambda: rng.poisson(1.0, n).astype(float),
                "constant": lambda: np.full(n, 2.0),
            }[self.target]()
            return self.target_scale * numbers
        if self.target == "multilabel":
            return rng.randint(0, 2, (n, 3))
        n_classes = {"one class": 1, "multiclass": 3, "strings": 3, "objects": 3}.get(
            self.target, 2
        )
        codes = (np.arange(n) + rng.randint(3)) % n_classes
        rng.shuffle(codes)
        if self.target == "strings":
            return np.array(["ash", "birch", "cedar"])[codes]
        if self.target == "objects":
            return np.array(["ash", "birch", "cedar"], dtype=object)[codes]
        return codes.astype(bool) if self.target == "booleans" else codes

    def sample_weight(self):
        """Sample weights as they are handed over, or None."""
        rng, n = np.random.RandomState(self.seed + 1), self.n_samples
        make = {
            None: lambda: None,
            "ones": lambda: np.ones(n),
            "uniform": lambda: rng.uniform(0.1, 3, n).astype("float32"),
            "some zeros": lambda: np.where(np.arange(n) % 3, 0.0, 1.0),
            "one row": lambda: np.eye(n)[0],
            "integers": lambda: rng.randint(1, 5, n),
            "huge": lambda: np.full(n, 1e300),
            "tiny": lambda: np.full(n, 1e-300),
            "list": lambda: [1.0] * n,
            "zeros": lambda: np.zeros(n),
            "negative": lambda: -np.ones(n),
            "nan": lambda: np.full(n, np.nan),
            "short": lambda: np.ones(n + 1),
        }
        return make[self.weights]()


def contain(X, container):
    """X in another layout or container."""
    if container in ("pandas", "polars"):
        library = pytest.importorskip(container)
        return library.DataFrame({f"feature {i}": column for i, column in enumerate(X.T)})
    if container in SPARSE:
        return getattr(sparse, container)(X)
    if container == "fortran":
        return np.asfortranarray(X)
    if container == "strided":
        return np.repeat(X, 2, axis=1)[:, ::2]
    if container == "reversed":
        return X[::-1, ::-1].copy()[::-1, ::-1]
    if container == "list":
        return X.tolist()
    if container == "read-only":
        X = X.copy()
        X.setflags(write=False)
    return X


def draw_data(rng, *, target, odd=0.3):
    """A data set; each property is out of the ordinary with probability ``odd``."""

    def pick(ordinary, others, probability=odd):
        return others[rng.randint(len(others))] if rng.uniform() < probability else ordinary

    dtype = pick("float64", DTYPES)
    container = pick("array", CONTAINERS)
    if container in SPARSE and dtype in ("float16", "object", "str", "longdouble"):
        dtype = "float64"  # SciPy has no such matrices
    if container == "polars" and dtype in ("float16", "longdouble", "object"):
        dtype = "float32"
    return Data(
        seed=int(rng.randint(1000)),
        n_samples=int(pick(rng.randint(5, 51), [1, 2, 3, 4])),
        n_features=int(pick(rng.randint(1, 6), [1, 12, 50])),
        kind=pick("normal", KINDS),
        scale=pick(1.0, SCALES),
        shift=pick(0.0, [1.0, 1e3, -1e8, 1e150], odd / 3),
        dtype=dtype,
        container=container,
        hole=bool(rng.uniform() < 0.02),
        target=target,
        target_scale=pick(1.0, [1e-300, 1e-3, 1e3, 1e150, 1e300], odd / 3),
        target_container=pick("array", ["column", "list", "pandas", "sparse"]),
        weights=pick(pick(None, WEIGHTS), BAD_WEIGHTS, 0.05),
    )
