"""Peak memory: of a search in lockstep against one fit after another, and of a parquet file.

    python benchmarks/bench_memory.py lockstep
    python benchmarks/bench_memory.py parquet [--rows 4000000]

The search has 48 fits of a 20-16-1 network; its data are of two sizes. The file has 40 columns of
float64 and is read in record batches of 1,000 rows by pyarrow, each of which is one call of
``partial_fit``. Each figure is measured in a process of its own.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from _memory import peak_bytes, resident_bytes
from sklearn.model_selection import GridSearchCV

from skbackprop import BackpropClassifier, lockstep

MIB = 2**20


def measure_search(together, mib):
    """Print how far the memory rises in a search."""
    n_features = 20
    X = np.random.default_rng(0).standard_normal((int(mib * 2**20 / 8 / n_features), n_features))
    y = (X[:, 0] > 0).astype(int)
    network = BackpropClassifier((16,), max_iter=5, random_state=0)
    search = GridSearchCV(network, {"alpha": np.geomspace(1e-4, 1, 12)}, cv=4, refit=False)
    network.fit(X[:1000], y[:1000])  # what is loaded once
    before = resident_bytes()
    with lockstep(n_threads=2) if together else contextlib.nullcontext():
        search.fit(X, y)
    print(f"{(peak_bytes() - before) / MIB:.0f}")


def write_parquet(path, n_rows):
    """A file of ``n_rows`` rows, 40 features and a target."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    names = [f"x{j}" for j in range(40)]
    schema = pa.schema([*((name, pa.float64()) for name in names), ("y", pa.int64())])
    with pq.ParquetWriter(path, schema) as writer:
        for _ in range(n_rows // 100_000):
            X = rng.standard_normal((40, 100_000))
            writer.write_batch(pa.record_batch([*X, (X[0] > 0).astype(int)], schema=schema))


def measure_parquet(path, pre_buffer):
    """Print the memory before and at the peak of an epoch over the file."""
    import pyarrow.parquet as pq

    network = BackpropClassifier((16,), random_state=0)
    file, before = pq.ParquetFile(path, pre_buffer=pre_buffer), None
    for batch in file.iter_batches(batch_size=1000):
        *columns, y = (column.to_numpy() for column in batch.columns)
        network.partial_fit(np.column_stack(columns), y, classes=[0, 1])
        before = before or resident_bytes()
    print(f"{before / MIB:.0f} {peak_bytes() / MIB:.0f}")


def in_a_process(*arguments):
    """What a process prints that measures one figure."""
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark", nargs="?", choices=("lockstep", "parquet"))
    parser.add_argument("--rows", type=int, default=4_000_000, help="of the parquet file")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        kind, first, second = arguments.measure
        if kind == "lockstep":
            measure_search(first == "together", float(second))
        else:
            measure_parquet(first, second == "True")
    elif arguments.benchmark == "lockstep":
        print("data, MiB   MiB more: one after the other   in lockstep")
        for mib in (3, 15):
            alone = in_a_process("lockstep", "alone", mib)
            together = in_a_process("lockstep", "together", mib)
            print(f"{mib:9}   {alone:>31}   {together:>11}")
    elif arguments.benchmark == "parquet":
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "data.parquet")
            write_parquet(path, arguments.rows)
            print(f"{path.stat().st_size / 2**20:.0f} MiB; MiB after the first batch, at the peak")
            for pre_buffer in (False, True):
                print(f"pre_buffer={pre_buffer}: {in_a_process('parquet', path, pre_buffer)}")
    else:
        parser.error("say what to measure: lockstep or parquet")


if __name__ == "__main__":
    main()
