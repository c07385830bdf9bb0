"""Judges the samples of scripts/soak.sh: lines of NAME SECONDS RSS-KIB DESCRIPTORS.

The first third is warm-up: caches fill and the allocator takes its share. After it the least-squares slope of resident memory may be at most
1 % of the mean a minute, and the least number of descriptors of the last third no more than 2 above that of the middle third. Exit code 1
where one is not.
"""

import sys


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
        if len(fields) == 4:
            samples.setdefault(fields[0], []).append(tuple(map(int, fields[1:])))
    flat = bool(samples)
    for name, rows in samples.items():
        third = len(rows) // 3
        if third < 10:
            print(f"{name}: {len(rows)} samples are too few")
            flat = False
            continue
        steady = rows[third:]
        memory = [rss for _, rss, _ in steady]
        mean = sum(memory) / len(memory)
        growth = slope([(seconds / 60, rss) for seconds, rss, _ in steady])
        before, after = (min(count for _, _, count in part) for part in (rows[third : 2 * third], rows[2 * third :]))
        good = growth <= mean / 100 and after <= before + 2
        flat = flat and good
        print(
            f"{name}: memory {mean / 1024:.1f} MiB ({min(memory) / 1024:.1f} to {max(memory) / 1024:.1f}), {growth:+.0f} KiB a minute; "
            f"descriptors {before}, later {after}: {'flat' if good else 'GROWS'}"
        )
    sys.exit(0 if flat else 1)


main()
