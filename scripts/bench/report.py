"""Writes generated sections into docs/performance.md, each between its own two marks, so that one can be measured again alone."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "performance.md"


def table(heads, rows):
    """A Markdown table; numbers are right-aligned."""
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" if number == 0 else "---:" for number in range(len(heads))) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def machine():
    """The machine, in a line."""
    cpu = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGESIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} processors ({cpu or platform.machine()}), {memory:.0f} GiB, Linux {platform.release().split('-')[0]}"


def origin(command):
    """When, where and how a section was measured."""
    revision = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    load = os.getloadavg()[0]
    today = datetime.date.today().isoformat()
    at = f" at {revision}" if revision else ""
    return f"Measured {today}{at} on {machine()}; load average when it ended {load:.1f}: `{command}`"


def write(section, text, document=DOCUMENT):
    """Replaces what stands between the section's marks.

    A section that the document does not have yet is added at its end.
    """
    begin, end = f"<!-- begin {section}: generated -->", f"<!-- end {section} -->"
    block = f"{begin}\n{text.strip()}\n{end}"
    old = document.read_text() if document.exists() else "# Performance\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    new = pattern.sub(lambda _: block, old) if pattern.search(old) else old.rstrip() + "\n\n" + block + "\n"
    document.write_text(new)
