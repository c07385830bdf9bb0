"""What the disk itself needs for a sync: the floor under every durable commit."""

import os
import pathlib
import statistics
import time


def sync_milliseconds(folder, rounds=300, size=4096):
    """Appends `size` bytes and calls fdatasync, again and again. Returns the median and the 99th percentile, in milliseconds."""
    path = pathlib.Path(folder) / "sync-test"
    block = b"\x5a" * size
    times = []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        # Inside a file of fixed length, as a write-ahead log that is used again; growing it would add the file system's journal.
        os.posix_fallocate(file, 0, size * rounds)
        os.fsync(file)
        for number in range(rounds):
            os.pwrite(file, block, number * size)
            began = time.perf_counter()
            os.fdatasync(file)
            times.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(file)
        path.unlink()
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


def file_system(folder):
    """The type of the file system that `folder` is on."""
    best = ("", "unknown")
    folder = str(pathlib.Path(folder).resolve())
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        if (folder == mount or folder.startswith(mount.rstrip("/") + "/")) and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]
