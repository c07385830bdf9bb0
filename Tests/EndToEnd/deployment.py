"""A Core and an Edge in a temporary folder, made by `kcmctl init` and run as real processes."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import ttlv

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("KCM_BIN", ROOT / ".build" / "debug")).resolve()
PRELOAD = ROOT / "Tests" / "EndToEnd" / "preload"
# How many times slower than a plain build the daemons under test are: a sanitizer sets it. Waits get longer by it, what is asserted does not.
SLOWDOWN = float(os.environ.get("KCM_TEST_SLOWDOWN", "1"))
START_TIMEOUT = 30 * SLOWDOWN
STOP_TIMEOUT = 60 * SLOWDOWN
# Offsets from the base port, as `kcmctl init` gives them.
CORE_KMIP, CORE_HTTPS, CORE_ADMIN, EDGE_KMIP, EDGE_HTTPS, EDGE_ADMIN = 0, 1, 2, 6, 7, 8


def environment():
    """The caller's environment without what would reach into a daemon's configuration."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KCM_")}


def run(tool, *arguments, timeout=60):
    """Runs `kcmd` or `kcmctl` to its end."""
    command = [str(BIN / tool), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout * SLOWDOWN, env=environment())


def until(condition, what="it did not come true", seconds=60):
    """Waits for what has to come true. `seconds` is more than that takes, and no promise."""
    deadline = time.monotonic() + seconds * SLOWDOWN
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def within(seconds):
    """How long something may take that has to be done in so many seconds."""
    return seconds * SLOWDOWN


def free_base_port():
    """A port with its nine successors free, and what keeps other runs of the tests from choosing it until it is closed.

    Below the range that the system hands out to clients.
    """
    for _ in range(200):
        base = random.randrange(12_000, 32_000, 10)
        held = []
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0kcm-test-ports-{base}")
            for port in range(base, base + 9):
                one = socket.socket()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                held.append(one)
                one.bind(("127.0.0.1", port))
            return base, reservation
        except OSError:
            reservation.close()
        finally:
            for one in held:
                one.close()
    raise RuntimeError("no nine free ports in a row")


class Daemon:
    """One `kcmd` with its log in a file."""

    def __init__(self, name, config, admin_port, log):
        self.name, self.config, self.admin_port, self.log = name, config, admin_port, log
        self.process = None
        # Beside the caller's, in the daemon's environment.
        self.environment = {}

    def start(self):
        with open(self.log, "ab") as log:
            command = [str(BIN / "kcmd"), "--config", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**environment(), **self.environment})
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode} before it was ready:\n{self.tail()}")
            if self.ready():
                return self
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} was not ready within {START_TIMEOUT} s:\n{self.tail()}")

    def preload(self, source, **variables):
        """Has the next start put a library of `preload/` before the system's, with these in the environment."""
        library = self.config.with_name(f"{self.name}-{source}.so")
        options = ["-std=c11", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["gcc", *options, PRELOAD / f"{source}.c", "-o", library], check=True)
        # What the caller preloads is there for the sake of a sanitizer.
        libraries = [str(library), *filter(None, [os.environ.get("LD_PRELOAD")])]
        self.environment = {"LD_PRELOAD": ":".join(libraries), **{name: str(value) for name, value in variables.items()}}

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=2 * SLOWDOWN) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self):
        """SIGTERM and the exit status; a daemon that does not end is a failure."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        self.process.terminate()
        try:
            return self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"{self.name} did not stop within {STOP_TIMEOUT} s of SIGTERM:\n{self.tail()}") from None

    def kill(self):
        """SIGKILL: what a crash looks like from outside."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def tail(self, lines=60):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"


class Deployment:
    """A configured folder with its two daemons; not started yet."""

    def __init__(self, folder, keystore=None):
        self.folder = pathlib.Path(folder)
        self.base, self.reservation = free_base_port()
        extra = ["--keystore", keystore] if keystore else []
        made = run("kcmctl", "init", self.folder, "--base-port", self.base, *extra)
        assert made.returncode == 0, f"kcmctl init failed:\n{made.stdout}{made.stderr}"
        # With the two seconds that init gives Core, a test would fail wherever the machine stands still for as long.
        config = self.folder / "edge.yaml"
        text = config.read_text()
        assert text.count("timeout: 2s") == 1
        config.write_text(text.replace("timeout: 2s", "timeout: 10s"))
        self.core = Daemon("Core", self.folder / "core.yaml", self.base + CORE_ADMIN, self.folder / "core.log")
        self.edge = Daemon("Edge", self.folder / "edge.yaml", self.base + EDGE_ADMIN, self.folder / "edge.log")

    def start(self):
        self.core.start()
        self.edge.start()
        return self

    def stop(self):
        try:
            self.edge.stop()
        finally:
            self.core.stop()

    def abandon(self):
        """Ends whatever still runs, without a complaint."""
        for daemon in (self.edge, self.core):
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.kill()
        self.reservation.close()

    def pki(self, name):
        return self.folder / "pki" / name

    def port(self, side):
        return self.base + (CORE_KMIP if side == "core" else EDGE_KMIP)

    def metric(self, side, name, **labels):
        """The sum of a metric's rows that have these labels."""
        daemon = self.core if side == "core" else self.edge
        with urllib.request.urlopen(f"http://127.0.0.1:{daemon.admin_port}/metrics", timeout=5 * SLOWDOWN) as answer:
            lines = answer.read().decode().splitlines()
        rows = [line.rsplit(" ", 1) for line in lines if line.split("{")[0].split(" ")[0] == name]
        return sum(int(value) for row, value in rows if all(f'{key}="{one}"' in row for key, one in labels.items()))

    def client(self, name, side="edge", timeout=20):
        """A raw KMIP connection of a principal of the development PKI."""
        return ttlv.Client(self.port(side), self.pki(f"{name}.pem"), self.pki(f"{name}.key"), self.pki("ca.pem"), timeout * SLOWDOWN)

    def audit_log(self, side):
        return self.folder / "data" / f"{side}-audit.jsonl"

    def set_audit(self, side, settings):
        """Changes the audit section of a daemon that is not started: what stands there for `durability: write`."""
        config = self.folder / f"{side}.yaml"
        text = config.read_text()
        assert text.count("durability: write") == 1
        config.write_text(text.replace("durability: write", settings))

    def set_durability(self, side, durability):
        self.set_audit(side, f"durability: {durability}")

    def verify_audit(self, side, *logs, key=None, expect=None):
        """`kcmctl audit verify` on a log, or on copies of it."""
        more = [] if expect is None else ["--expect", expect]
        key = key or self.folder / "data" / f"{side}-audit.pub"
        return run("kcmctl", "audit", "verify", *(logs or [self.audit_log(side)]), "--key", key, "--json", *more)

    def audit_records(self, side):
        """The records of what was done, without intents and checkpoints."""
        return self.audit_lines(side, "item")

    def audit_lines(self, side, *kinds):
        """The lines of a log that are of these kinds. Of a log that is being written, the last may be there by half: it is left out."""
        data = self.audit_log(side).read_bytes()
        lines = [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]
        return [line for line in lines if line["kind"] in kinds]

    def logs(self):
        return f"--- Core\n{self.core.tail()}\n--- Edge\n{self.edge.tail()}"
