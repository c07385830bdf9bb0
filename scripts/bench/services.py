"""The processes that are measured: a fresh Core and Edge, the ceiling beside them, and the load generator."""

import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("KCM_BIN", str(ROOT / "dist" / "bin"))
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

import deployment  # noqa: E402

CEILING = pathlib.Path(os.environ.get("KCM_CEILING", ROOT / ".build" / "release" / "kcm-ceiling")).resolve()
EDGE_HTTPS = deployment.EDGE_HTTPS


def raise_file_limit():
    """Open files of this process and of those it starts: ten thousand connections need more than the usual 1024."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def processor_seconds(pid):
    """Processor time of a process, user and system."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


class Services:
    """A Core and an Edge in `folder`, which is emptied before and removed after. A context manager."""

    def __init__(self, folder, keystore="sqlite"):
        self.folder = pathlib.Path(folder).resolve()
        self.keystore = keystore
        self.ceiling = None

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.deployment = deployment.Deployment(self.folder, self.keystore).start()
        return self

    def __exit__(self, *_):
        self.stop_ceiling()
        self.deployment.abandon()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def edge_pid(self):
        return self.deployment.edge.process.pid

    def bench(self, *arguments, identity="acme-app", port=None, pid=None):
        """`kcmctl bench --json` against Edge, or against what listens on `port`."""
        base = self.deployment.base
        port = port or (base + EDGE_HTTPS if "--https" in arguments else self.deployment.port("edge"))
        command = [
            str(deployment.BIN / "kcmctl"), "bench", "--json", "--server", f"127.0.0.1:{port}",
            "--identity", str(self.deployment.pki(identity)), "--trust", str(self.deployment.pki("ca.pem")),
            "--pid", str(pid or self.edge_pid), *map(str, arguments),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, env=deployment.environment())
        if done.returncode != 0:
            sys.exit(f"bench: {' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}\n{self.deployment.logs()}")
        return json.loads(done.stdout)

    def audit_line(self):
        """The mean size of a record in Edge's audit log, in bytes."""
        with open(self.deployment.audit_log("edge"), "rb") as log:
            sizes = [len(line) for line in log if b'"checkpoint"' not in line]
        return round(statistics.mean(sizes[-5000:])) if sizes else 700

    def start_ceiling(self, line, size=1024):
        """The bare TLS server with the work of one cipher, one chained line and a signature a flush; on a port of its own."""
        self.ceiling_port = self.deployment.base + 9
        environment = deployment.environment()
        # A release build finds its runtime in dist/ only from there.
        environment["LD_LIBRARY_PATH"] = f"{ROOT / 'dist' / 'lib' / 'kcm'}:{environment.get('LD_LIBRARY_PATH', '')}"
        pki = self.deployment.pki
        self.ceiling = subprocess.Popen(
            [
                str(CEILING), "--port", str(self.ceiling_port), "--certificate", str(pki("edge.pem")), "--key", str(pki("edge.key")),
                "--trust", str(pki("ca.pem")), "--log", str(self.folder / "ceiling.log"), "--line", str(line), "--size", str(size),
            ],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        if self.ceiling.stdout.readline().strip() != "ready":
            sys.exit("bench: the ceiling did not start")

    def stop_ceiling(self):
        if self.ceiling is not None:
            self.ceiling.terminate()
            self.ceiling.wait()
            self.ceiling = None

    def restart_edge(self):
        """Stops Edge and starts it again. Returns the seconds until it is ready."""
        self.deployment.edge.stop()
        edge = self.deployment.edge
        began = time.monotonic()
        with open(edge.log, "ab") as log:
            command = [str(deployment.BIN / "kcmd"), "--config", str(edge.config)]
            edge.process = subprocess.Popen(command, stdout=log, stderr=log, env=deployment.environment())
        while not edge.ready():
            if edge.process.poll() is not None or time.monotonic() - began > 300:
                sys.exit(f"bench: Edge did not come up again:\n{edge.tail()}")
            time.sleep(0.002)
        return time.monotonic() - began
