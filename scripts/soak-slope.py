"""Judges the samples of scripts/soak.sh: lines of NAME SECONDS RSS-KIB DESCRIPTORS THREADS.

The first third is warm-up: caches fill and the allocator takes its share. After it the least-squares slope of resident memory may be at most
1 % of the mean a minute (not judged in less than five minutes, in which the allocator is still growing), and the median number of descriptors
and of threads of the last third no more than 2 above that of the middle third: connections come and go all the time, and a leak moves the
median. Exit code 1 where one is not.
"""

import statistics
import sys

# In seconds, of the samples that memory is judged by.
LEAST = 300


def slope(points):
    """Least squares: what y grows by for each x."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def main():
    samples = {}
    for line in open(sys.argv[1]):
        fields = line.split()
        if len(fields) == 5:
            samples.setdefault(fields[0], []).append(tuple(map(int, fields[1:])))
    flat = bool(samples)
    for name, rows in samples.items():
        third = len(rows) // 3
        if third < 10:
            print(f"{name}: {len(rows)} samples are too few")
            flat = False
            continue
        steady = rows[third:]
        memory = [row[1] for row in steady]
        mean = sum(memory) / len(memory)
        growth = slope([(row[0] / 60, row[1]) for row in steady])
        is_judged = rows[-1][0] >= LEAST - 5
        good = growth <= mean / 100 or not is_judged
        counts = []
        for column, what in ((2, "descriptors"), (3, "threads")):
            before, after = (statistics.median_low(row[column] for row in part) for part in (rows[third : 2 * third], rows[2 * third :]))
            good = good and after <= before + 2
            counts.append(f"{what} {before}, later {after}")
        flat = flat and good
        print(
            f"{name}: memory {mean / 1024:.1f} MiB ({min(memory) / 1024:.1f} to {max(memory) / 1024:.1f}), {growth:+.0f} KiB a minute{'' if is_judged else ' (too short to judge)'}; "
            f"{'; '.join(counts)}: {'flat' if good else 'GROWS'}"
        )
    sys.exit(0 if flat else 1)


main()
