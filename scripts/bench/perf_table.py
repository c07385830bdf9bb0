"""Where Edge's processor time goes on the hot path, by `perf`; see --help."""

import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import threading

import report
from services import ROOT, Services

# Symbols of the release build, by what they belong to; the first that matches counts.
PARTS = [
    ("kernel: network, files, scheduling", re.compile(r"^\[k\]")),
    ("TLS (BoringSSL)", re.compile(r"CNIOBoringSSL|NIOSSL")),
    ("signatures (swift-crypto)", re.compile(r"CCryptoBoringSSL|\bfe_|\bge_|x25519|Curve25519")),
    ("cryptography (OpenSSL)", re.compile(r"libcrypto")),
    ("memory: malloc and free", re.compile(r"malloc|_int_free|cfree|realloc|calloc|memalign")),
    ("Swift runtime: reference counts, generics, casts", re.compile(r"swift_|libswiftCore")),
    ("event loop (SwiftNIO)", re.compile(r"NIO")),
    ("audit", re.compile(r"KCMAudit|Audit")),
    ("KMIP codec", re.compile(r"4KMIP|TTLV|KMIP\.")),
    ("engine and service", re.compile(r"KCM")),
]


def record(services, operation, options):
    """Samples Edge under load. Returns lines of (share, library, symbol)."""
    data = services.folder / "perf.data"
    load = ["--operation", operation, "--connections", options.connections, "--seconds", options.seconds + 2]
    running = threading.Thread(target=services.bench, args=load)
    running.start()
    # Behind the warm-up.
    command = ["perf", "record", "-q", "-F", "1999", "-o", data, "-p", services.edge_pid, "--", "sleep", options.seconds + 2]
    taken = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    running.join()
    if taken.returncode != 0:
        sys.exit(f"profile: perf record ended with {taken.returncode}: {taken.stderr}")
    command = ["perf", "report", "-i", str(data), "--stdio", "--no-children", "--sort", "dso,symbol", "-F", "overhead,dso,symbol", "--field-separator", "\t"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t")[:3] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return sorted(((float(share.strip().rstrip("%")), library.strip(), symbol.strip()) for share, library, symbol in lines), reverse=True)


def demangled(symbol):
    """Kernel symbols keep their mark; Swift's are made readable and short."""
    mark, _, name = symbol.partition(" ")
    if name.startswith("$s") and shutil.which("swift"):
        name = subprocess.run(["swift", "demangle", "--compact", "--simplified", name], capture_output=True, text=True).stdout.strip()
    name = name.replace("|", "\\|")
    return (f"{mark} " if mark == "[k]" else "") + (name if len(name) <= 90 else name[:87] + "…")


def main():
    parser = argparse.ArgumentParser(prog="scripts/profile.sh", description="Samples Edge under load and prints where its time goes.")
    parser.add_argument("--operation", default="encrypt")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--top", type=int, default=25, help="symbols to list")
    parser.add_argument("--folder", default=str(ROOT / ".build" / "profile-data"), help="where the daemons keep their data")
    parser.add_argument("--print", action="store_true", help="only print; the document is left as it is")
    options = parser.parse_args()
    if not shutil.which("perf"):
        sys.exit("profile: perf is missing: apt-get install linux-perf")
    with Services(pathlib.Path(options.folder)) as services:
        lines = record(services, options.operation, options)
    parts = collections.Counter()
    for share, library, symbol in lines:
        text = f"{symbol} {library}"
        parts[next((name for name, pattern in PARTS if pattern.search(text)), "the rest")] += share
    text = report.table(["part", "share of Edge's CPU"], [(name, f"{share:.1f} %") for name, share in parts.most_common()])
    rows = [(f"`{demangled(symbol)}`", library, f"{share:.1f} %") for share, library, symbol in lines[: options.top]]
    text += "\n\n" + report.table(["symbol", "library", "share"], rows)
    text += f"\n\n{options.operation}, {options.connections} connections, closed loop; functions by their own time, without those they call.\n\n"
    text += report.origin(f"scripts/profile.sh --operation {options.operation} --connections {options.connections}")
    print(text)
    if not options.print:
        report.write("profile", text)


main()
