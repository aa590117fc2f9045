"""Compares `palermo features --compat` with the Graph Feature Preprocessor of the package snapml, count for count.

    pip install snapml                       # proprietary; it is not part of the project and never timed here
    python3 benches/graph_parity.py target/release/palermo [edges per seed, default 4000]

Random payments of three seeds (equal times, parallel payments, a hub); each payment is a batch of its own. Prints the
number of counts that differ per pattern; exits 1 if any does, 4 where snapml is not installed.
"""

import csv
import random
import subprocess
import sys
import tempfile
from pathlib import Path

PATTERNS = ["fan_in", "fan_out", "degree_in", "degree_out", "scatter_gather", "temp_cycle", "lc_cycle"]
BINS = list(range(2, 11))
WINDOWS = {"fan": 7000, "degree": 5000, "scatter-gather": 4000, "temp-cycle": 2400, "lc-cycle": 2000}
LONGEST = 6


def payments(seed, count):
    """(id, source, target, seconds), in order of time."""
    draw = random.Random(seed)
    time = 0
    for number in range(count):
        time += draw.choice([0, 0, 5, 10, 30])
        source = 0 if draw.random() < 0.03 else int(200 * draw.random() ** 2)
        target = source
        while target == source:
            target = 0 if draw.random() < 0.03 else (int(200 * draw.random() ** 2) * 7) % 200
        yield number, source, target, time


def ours(binary, rows):
    with tempfile.TemporaryDirectory() as folder:
        edges, counts = Path(folder, "edges.csv"), Path(folder, "counts.csv")
        with edges.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        windows = [part for name, window in WINDOWS.items() for part in (f"--{name}", f"{window}s")]
        subprocess.run(
            [binary, "features", "--compat", "--in", edges, "--out", counts, *windows, "--lc-cycle-len", str(LONGEST)],
            check=True,
        )
        with counts.open() as file:
            for row in csv.DictReader(file):
                yield [[int(row[f"{name}_{size}"]) for size in BINS] for name in PATTERNS]


def theirs(peer, rows):
    import numpy

    settings = {"num_threads": 1, "time_window": max(WINDOWS.values()), "vertex_stats": False}
    for name, window in WINDOWS.items():
        settings |= {name: True, f"{name}_tw": window, f"{name}_bins": BINS}
    miner = peer()
    miner.set_params(settings | {"lc-cycle_len": LONGEST})
    for row in rows:
        found = miner.transform(numpy.array([row], dtype=numpy.float64))[0, len(row):]
        yield [[int(x) for x in found[at:at + len(BINS)]] for at in range(0, len(found), len(BINS))]


def main():
    try:
        from snapml import GraphFeaturePreprocessor as peer
    except ImportError:
        print("snapml is not installed: nothing was compared")
        return 4
    binary, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    wrong = 0
    for seed in (1, 2, 3):
        rows = list(payments(seed, count))
        differ, seen = [0] * len(PATTERNS), [0] * len(PATTERNS)
        pairs = list(zip(ours(binary, rows), theirs(peer, rows), strict=True))
        for mine, other in pairs:
            for at, (a, b) in enumerate(zip(mine, other, strict=True)):
                differ[at] += a != b
                seen[at] += sum(b)
        wrong += sum(differ)
        words = ", ".join(f"{name} {d} of {n}" for name, d, n in zip(PATTERNS, differ, seen))
        print(f"seed {seed}: {len(pairs)} edges; rows that differ, of patterns found: {words}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
