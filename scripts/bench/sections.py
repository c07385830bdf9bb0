"""What is measured. Each function returns the Markdown of one section of docs/performance.md."""

import os
import statistics

import disk
from report import table
from services import Services, processor_seconds, resident_bytes

HOT = ["get", "encrypt", "decrypt"]
ALL = "create,register,activate,get,get-attributes,locate,encrypt,decrypt,mac,sign,signature-verify,hash,destroy,query,mix"


def ms(microseconds):
    return f"{microseconds / 1000:.3f}"


def percent(result):
    """Of one processor, what the client used."""
    return f"{100 * result['client_cpu_seconds'] / result['seconds']:.0f} %" if result["seconds"] else "-"


def median(results, field):
    return statistics.median(result[field] for result in results)


def hot(options):
    """The data path beside its ceiling: the two run in turns, with one client, so that each ratio is of one time."""
    rows = []
    with Services(options.folder) as services:
        services.bench("--operation", "encrypt", "--connections", 16, "--seconds", 1)
        line = services.audit_line()
        services.start_ceiling(line)
        for operation in HOT:
            for connections in options.connections:
                daemon, ceiling = [], []
                for _ in range(options.rounds):
                    load = ["--operation", operation, "--connections", connections, "--seconds", options.seconds]
                    daemon += services.bench(*load)["results"]
                    ceiling += services.bench(*load, port=services.ceiling_port, pid=services.ceiling.pid)["results"]
                own, bare = median(daemon, "server_cpu_per_1000"), median(ceiling, "server_cpu_per_1000")
                rows.append([
                    operation, connections, f"{median(daemon, 'throughput'):,.0f}", ms(median(daemon, "p50_us")), ms(median(daemon, "p99_us")),
                    percent(daemon[-1]), f"{own:.4f}", f"{median(ceiling, 'throughput'):,.0f}", f"{bare:.4f}", f"{own / bare:.2f}" if bare else "-",
                ])  # fmt: skip
    heads = ["operation", "connections", "requests/s", "p50 ms", "p99 ms", "client CPU", "Edge CPU s/1,000", "ceiling requests/s", "ceiling CPU s/1,000", "ratio"]
    return table(heads, rows) + (
        f"\n\nL4 keys, 1 KiB, AES-256-GCM, closed loop, median of {options.rounds}. The ceiling is `kcm-ceiling`: TLS from the same library with the same "
        f"certificates, canned answers of the same size, one AES-256-GCM of 1 KiB, one line of {line} bytes (as long as an audit record here) in a SHA-256 "
        "chain, one write and one Ed25519 signature a turn of the event loop. *Ratio* is Edge's processor time by the ceiling's."
    )


def half(options):
    """Latency at half of the highest rate: what a client sees of a server that is busy and not full; the ceiling at the same rate beside it."""
    rows = []
    with Services(options.folder) as services:
        services.bench("--operation", "encrypt", "--connections", 16, "--seconds", 1)
        services.start_ceiling(services.audit_line())
        for operation in [*HOT, "create", "mix"]:
            for connections in (1, 16, 64):
                # What the logs of the run before left to be written would be in the way of this one's syncs.
                os.sync()
                load = ["--operation", operation, "--connections", connections, "--seconds", options.seconds]
                result = services.bench(*load, "--rate", "50%")["results"][-1]
                bare = ["-", "-"]
                if operation in HOT:
                    ceiling = services.bench(*load, "--rate", round(result["rate"]), port=services.ceiling_port, pid=services.ceiling.pid)["results"][-1]
                    bare = [ms(ceiling["p50_us"]), ms(ceiling["p99_us"])]
                rows.append([
                    operation, connections, f"{result['rate']:,.0f}", ms(result["p50_us"]), ms(result["p90_us"]), ms(result["p99_us"]),
                    ms(result["p999_us"]), *bare, ms(result["client_late_p99_us"]), result["unsent"],
                ])  # fmt: skip
    heads = [
        "operation", "connections", "requests/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "ceiling p50 ms", "ceiling p99 ms", "client late, p99 ms",
        "not sent",
    ]  # fmt: skip
    return table(heads, rows) + (
        "\n\nA fixed rate of half of what the closed loop just before reached. Latency counts from when a request was due; *client late* is the part "
        "of it that the generator's own timer adds. *Ceiling* is `kcm-ceiling` (above) at the same rate: what the machine, the client on it, TLS and a "
        "signature leave nobody below."
    )


def create(options):
    """Durable commits beside what the disk needs for a sync."""
    rows = []
    for keystore in options.keystores:
        with Services(options.folder, keystore) as services:
            middle, high = disk.sync_milliseconds(services.folder)
            for connections in (1, 16, 64):
                result = services.bench("--operation", "create", "--connections", connections, "--seconds", options.seconds)["results"][0]
                rows.append([
                    keystore, connections, f"{result['throughput']:,.0f}", ms(result["p50_us"]), ms(result["p99_us"]), f"{middle:.3f}", f"{high:.3f}",
                    f"{result['p50_us'] / 1000 / middle:.1f}", f"{result['p99_us'] / 1000 / middle:.1f}", f"{result['server_cpu_per_1000']:.4f}",
                ])  # fmt: skip
            kind = disk.file_system(services.folder)
    heads = [
        "keystore", "connections", "creates/s", "p50 ms", "p99 ms", "fdatasync p50 ms", "fdatasync p99 ms", "p50 in syncs", "p99 in syncs",
        "Edge CPU s/1,000",
    ]  # fmt: skip
    return table(heads, rows) + f"\n\nEach answered Create is on the disk ({kind}). *fdatasync* is 4 KiB written and synced by a loop of its own on the same file system."


def growth(options):
    """Cost as keys grow: the same work with more and more of them in the store."""
    rows, starts = [], []
    # Filling takes most of the time of a million.
    seconds = min(options.seconds, 2) if options.million else options.seconds
    for keystore in options.keystores:
        with Services(options.folder, keystore) as services:
            sample = services.folder / "sample"
            held = 0
            for size in options.sizes:
                fill = size - held
                filled = services.bench("--fill", fill, "--keep", "--sample", sample, "--connections", 16, "--operation", "query", "--seconds", 1)
                held += filled["keys_made"]
                load = ["--sample", sample, "--keep", "--connections", 16, "--seconds", seconds]
                ready = services.restart_edge()
                used, resident = processor_seconds(services.edge_pid), resident_bytes(services.edge_pid)
                rate = fill / filled["fill_seconds"]
                starts.append([keystore, f"{size:,}", f"{rate:,.0f}", f"{ready:.3f}", f"{used:.2f}", f"{resident / 2**20:.0f}"])
                # First what does not bring keys into memory, then each key for the first time, then what is there.
                seen = services.bench(*load, "--operation", "locate,locate-attribute,locate-several,read-once,get-attributes,get,encrypt")
                starts[-1].append(f"{resident_bytes(services.edge_pid) / 2**20:.0f}")
                # At a rate, so that measuring does not itself make the store larger than it is said to be.
                steady = services.bench("--operation", "create", "--connections", 16, "--seconds", seconds, "--rate", 100)
                held += seen["keys_made"] + steady["keys_made"]
                for result in seen["results"] + steady["results"]:
                    rows.append([
                        keystore, f"{size:,}", result["operation"], f"{result['throughput']:,.0f}", ms(result["p50_us"]), ms(result["p99_us"]),
                        f"{result['server_cpu_per_1000']:.4f}",
                    ])  # fmt: skip
    rows.sort(key=lambda row: (row[0], row[2], int(row[1].replace(",", ""))))
    heads = ["keystore", "keys", "operation", "requests/s", "p50 ms", "p99 ms", "Edge CPU s/1,000"]
    text = table(heads, rows) + (
        "\n\n16 connections, closed loop, against an Edge that has just been started. The operations go round the stored keys (of a million: 100,000 "
        "of them, evenly spread) in no order: *locate* by name, *locate-attribute* by an attribute that ten keys share, *locate-several* by the same "
        "with state, algorithm and length, *read-once* is Get Attributes of keys that are not in memory, *get-attributes* of the same again, some of which are by then; "
        "*get* goes round 1,000 keys. Create is at a fixed rate of 100/s. Resident memory counts what LMDB maps of its file."
    )
    heads = ["keystore", "keys", "keys made/s", "start until ready s", "CPU s of it", "resident MiB", "resident after the runs MiB"]
    return text + "\n\n" + table(heads, starts) + (
        "\n\n*Keys made* are Creates with a name and an attribute of the client's own, in batches of 100 on 16 connections."
    )


def idle(options):
    """Memory of connections that are open and silent."""
    rows = []
    for count in options.idle:
        with Services(options.folder) as services:
            seen = services.bench("--idle", count, "--operation", "query", "--connections", 1, "--seconds", 1)
            rows.append([f"{count:,}", f"{seen['server_memory_before'] / 2**20:.1f}", f"{seen['server_memory_after'] / 2**20:.1f}", f"{seen['bytes_per_idle_connection'] / 1024:.1f}"])
    return table(["connections", "resident before MiB", "after MiB", "KiB a connection"], rows) + "\n\nMutual TLS 1.3, handshake done, nothing sent."


def operations(options):
    """Every main operation, and both transports."""
    rows = []
    with Services(options.folder) as services:
        for transport in ("ttlv", "https"):
            names = ALL if transport == "ttlv" else "create,get,encrypt,decrypt,locate"
            extra = ["--https"] if transport == "https" else []
            for result in services.bench("--operation", names, "--connections", 16, "--seconds", options.seconds, *extra)["results"]:
                rows.append([
                    result["operation"], "TLS" if transport == "ttlv" else "HTTPS", f"{result['throughput']:,.0f}", ms(result["p50_us"]), ms(result["p90_us"]),
                    ms(result["p99_us"]), percent(result), f"{result['server_cpu_per_1000']:.4f}",
                ])  # fmt: skip
    heads = ["operation", "transport", "requests/s", "p50 ms", "p90 ms", "p99 ms", "client CPU", "Edge CPU s/1,000"]
    return table(heads, rows) + "\n\n16 connections, closed loop, keystore `sqlite`; sign and signature-verify are ECDSA on P-256, mac is HMAC-SHA256."


SECTIONS = {"hot": hot, "half": half, "create": create, "growth": growth, "idle": idle, "operations": operations}

