"""Measures and writes docs/performance.md; see --help."""

import argparse
import pathlib
import sys

import report
from sections import SECTIONS
from services import CEILING, ROOT, deployment, raise_file_limit


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description="Measures a fresh Core and Edge and writes the tables of docs/performance.md.")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, separated by commas: " + ", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="one round of a second each, to see that all works; the document is left as it is")
    parser.add_argument("--million", action="store_true", help="growth goes up to 1,000,000 keys (takes minutes and gigabytes); without it, the table of growth in the document is left as it is")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--rounds", type=int, default=3, help="of each row of the hot path")
    parser.add_argument("--connections", type=numbers, default=[1, 16, 64, 256], help="of the hot path")
    parser.add_argument("--keystores", default="sqlite,lmdb", help="of create and growth")
    parser.add_argument("--folder", default=str(ROOT / ".build" / "bench-data"), help="where the daemons keep their data; on the disk to be measured")
    options = parser.parse_args()
    options.keystores = options.keystores.split(",")
    options.sizes = [100, 10_000, 1_000_000] if options.million else [100, 10_000]
    options.idle = [1000, 9000]
    if options.quick:
        options.seconds = options.rounds = 1
        options.sizes, options.idle = [100, 1000], [200]
    chosen = options.only.split(",")
    for name in chosen:
        if name not in SECTIONS:
            parser.error(f"there is no section '{name}'")
    if "hot" in chosen and not CEILING.exists():
        parser.error(f"{CEILING} is missing: swift build -c release --product kcm-ceiling, or name it in KCM_CEILING")
    raise_file_limit()
    command = " ".join(["scripts/bench.sh", *sys.argv[1:]])
    for name in chosen:
        print(f"bench: {name} ({(SECTIONS[name].__doc__ or '').splitlines()[0]})", flush=True)
        text = SECTIONS[name](options) + "\n\n" + report.origin(command if name in command else f"scripts/bench.sh --only {name}")
        print(text, flush=True)
        if not options.quick and (name != "growth" or options.million):
            report.write(name, text)
    print("bench: done" + ("" if options.quick else f"; {report.DOCUMENT.relative_to(pathlib.Path(ROOT))} is written"))


main()
