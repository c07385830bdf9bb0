"""Where the bytes of known keys are: not in what crosses between Edge and Core, not in Edge at all for L3, not in core dumps, not in files."""

import contextlib
import functools
import re
import resource
import secrets
import signal
import socket
import ssl
import subprocess
import threading

import pytest

import deployment as deployments
import ttlv
from test_encodings import JSON, XML, attribute, call, find, request
from test_https import connect, post

TEXT = b"order 4711"
ENCRYPT, DECRYPT = 31, 32


class Recorder:
    """Stands between Edge and Core, ends TLS on both sides with certificates of the development CA, and keeps what passes."""

    def __init__(self, deployment, port, target):
        self.seen = bytearray()
        # KMIP messages: what Edge asked, and what Core answered.
        self.requests, self.responses = [], []
        pki = deployment.pki
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(pki("core.pem"), pki("core.key"))
        self.server.verify_mode = ssl.CERT_REQUIRED
        self.server.load_verify_locations(pki("ca.pem"))
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.load_verify_locations(pki("ca.pem"))
        self.client.load_cert_chain(pki("edge.pem"), pki("edge.key"))
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
                inner = self.server.wrap_socket(plain, server_side=True)
                outer = self.client.wrap_socket(socket.create_connection(("127.0.0.1", self.target)))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                continue
            threading.Thread(target=self.serve, args=(inner, outer), daemon=True).start()

    def serve(self, inner, outer):
        """Edge and Core take turns: a request, then its answer."""
        try:
            while self.message(inner, outer, self.requests) and self.message(outer, inner, self.responses):
                pass
        except OSError:
            pass
        finally:
            inner.close()
            outer.close()

    def message(self, source, sink, kept):
        data = b""
        while b"\r\n\r\n" not in data:
            part = source.recv(65536)
            if not part:
                return False
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)[1])
        while len(body) < length:
            body += source.recv(65536)
        self.seen += head + body
        kept.append(bytes(body))
        sink.sendall(head + b"\r\n\r\n" + body)
        return True


def register(client, key, name):
    made = client.register(key, name)
    assert made.ok, made
    assert client.activate(made.identifier).ok
    return made.identifier


def memory(process):
    """All that a process has in memory and that can be read, including what it keeps out of core dumps."""
    found = []
    with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if rights[0] != "r" or "[v" in line:
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(start)
                found.append(memory.read(end - start))
            except (OSError, ValueError, OverflowError):
                continue
    return b"".join(found)


def forms(key):
    return (key, key.hex().encode(), key.hex().upper().encode())


def conversation(deployment, l3, l4):
    """Every kind of use, then enough other traffic that buffers are used again."""
    with deployment.client("acme-app") as app:
        for identifier in (l3, l4):
            sealed = app.encrypt(identifier, TEXT)
            assert sealed.ok, sealed
            opened = app.decrypt(
                identifier, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag")
            )
            assert opened.get("Data") == TEXT
        for _ in range(200):
            assert app.encrypt(l4, bytes(4096)).ok


@pytest.fixture
def watched(own):
    """A deployment whose Edge speaks to Core through a recorder, with a known L3 and a known L4 key."""
    port = own.base + 3
    own.edge.config.write_text(own.edge.config.read_text().replace(f":{own.base + deployments.CORE_HTTPS}/", f":{port}/"))
    own.recorder = Recorder(own, port, own.base + deployments.CORE_HTTPS)
    own.start()
    own.l3_key, own.l4_key = secrets.token_bytes(32), secrets.token_bytes(32)
    with own.client("acme-admin", "core") as admin:
        own.l3 = register(admin, own.l3_key, "known-l3")
    with own.client("acme-app") as app:
        own.l4 = register(app, own.l4_key, "known-l4")
    conversation(own, own.l3, own.l4)
    yield own
    own.recorder.listener.close()


def test_no_l3_key_crosses_and_none_is_in_edge(watched):
    seen = bytes(watched.recorder.seen)
    assert watched.l3.encode() in seen and TEXT in seen, "the recorder saw the conversation"
    edge = memory(watched.edge.process)
    assert watched.l4_key in edge, "the search finds a key that is there: Edge's own"
    for form in forms(watched.l3_key):
        assert form not in seen
        assert form not in edge
    for form in forms(watched.l4_key):
        assert form not in seen, "and no L4 key goes to Core"
        assert form not in memory(watched.core.process)


def test_no_key_is_in_a_file(watched):
    files = [path for path in watched.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    held = b"".join(path.read_bytes() for path in files)
    assert watched.l4.encode() in held, "the stores were read at all"
    for key in (watched.l3_key, watched.l4_key):
        for form in forms(key):
            assert form not in held


def dump_of(daemon, folder):
    """A core dump of a running daemon."""
    made = subprocess.run(["gcore", "-o", str(folder / daemon.name), str(daemon.process.pid)], capture_output=True, text=True, timeout=120)
    found = list(folder.glob(f"{daemon.name}.*"))
    assert found, made.stderr
    data = found[0].read_bytes()
    found[0].unlink()
    assert b"OpenKCM" in data, "the dump has the process in it"
    return data


def places(process, **keys):
    """Where keys are in memory that a dump takes along: for whoever has to find out how they got there."""
    found, span, name = [], (0, 0), ""
    with open(f"/proc/{process.pid}/smaps") as maps, open(f"/proc/{process.pid}/mem", "rb", 0) as memory:
        for line in maps:
            if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)", line):
                span, name = (int(head[1], 16), int(head[2], 16)), head[3]
            elif line.startswith("VmFlags: rd") and " dd" not in line and "[v" not in name:
                memory.seek(span[0])
                data = memory.read(span[1] - span[0])
                for key, form in ((key, form) for key in keys for form in forms(keys[key])):
                    found += [(key, name, hex(span[0] + hit.start()), data[max(hit.start() - 48, 0) : hit.start()]) for hit in re.finditer(re.escape(form), data)]
    return found


def held(data, **keys):
    return [name for name, key in keys.items() if any(form in data for form in forms(key))]


def test_a_crash_leaves_no_core_dump(own, monkeypatch):
    """Neither daemon, with the same limit and in the same folder in which another program leaves one."""
    monkeypatch.chdir(own.folder)
    monkeypatch.delenv("SWIFT_BACKTRACE", raising=False)
    monkeypatch.setattr(subprocess, "Popen", functools.partial(subprocess.Popen, preexec_fn=unlimited_core))

    def cores():
        return [path for path in own.folder.iterdir() if path.name.startswith("core") and path.suffix not in (".yaml", ".log")]

    other = subprocess.Popen(["sleep", "60"])
    other.send_signal(signal.SIGABRT)
    other.wait()
    # Where the kernel's pattern sends dumps elsewhere, the limit alone shows it.
    for path in cores():
        path.unlink()
    own.start()
    for daemon in (own.core, own.edge):
        assert resource.prlimit(daemon.process.pid, resource.RLIMIT_CORE) == (1, 1)
        daemon.process.send_signal(signal.SIGSEGV)
        daemon.process.wait()
        assert cores() == [], daemon.name


def unlimited_core():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_a_crash_prints_no_memory(watched, monkeypatch):
    """Swift's runtime would, where it finds its tool for that: registers, and what they point to."""
    monkeypatch.delenv("SWIFT_BACKTRACE", raising=False)
    for daemon, name, identifier in [(watched.edge, "acme-app", watched.l4), (watched.core, "acme-admin", watched.l3)]:
        with watched.client(name, daemon.name.lower()) as client:
            fields = [ttlv.text("UniqueIdentifier", identifier), ttlv.parameters(ttlv.GCM, None, True), ttlv.octets("Data", bytes(4096))]
            assert client.call("Encrypt", *fields).ok
            client.send(20 * ttlv.request(("Encrypt", fields)))
            before = daemon.log.stat().st_size
            daemon.process.send_signal(signal.SIGSEGV)
            assert daemon.process.wait(timeout=20) == -signal.SIGSEGV
        printed = daemon.log.read_bytes()[before:]
        assert b"rash" not in printed and not re.search(rb"0x[0-9a-f]{8}", printed), printed


def texts(deployment, side, name, form, media, key):
    """Registers a key over HTTPS in text, and at Edge fetches it again. The connection stays open."""
    connection = connect(deployment, name, side)
    block = [
        ("KeyFormatType", ("Enumeration", "Raw")),
        ("KeyValue", [("KeyMaterial", ("ByteString", key.hex()))]),
        ("CryptographicAlgorithm", ("Enumeration", "AES")),
        ("CryptographicLength", ("Integer", 256)),
    ]
    template = [attribute("Cryptographic Usage Mask", "Integer", "Encrypt|Decrypt")]
    kind = ("ObjectType", ("Enumeration", "SymmetricKey"))
    made = call(connection, form, media, request("Register", kind, ("TemplateAttribute", template), ("SymmetricKey", [("KeyBlock", block)])))
    identifier = find(made, "BatchItem", "ResponsePayload", "UniqueIdentifier")
    assert identifier, made
    if side == "edge":
        got = call(connection, form, media, request("Get", ("UniqueIdentifier", ("TextString", identifier))))
        material = find(got, "BatchItem", "ResponsePayload", "SymmetricKey", "KeyBlock", "KeyValue", "KeyMaterial")
        assert bytes.fromhex(material) == key
    return connection


def test_no_key_is_in_a_dump_that_root_makes(watched, tmp_path):
    """What is held is left out of it; what a key passed through on the wire is wiped, also while the connection that it came by rests."""
    watched.edge.stop()
    watched.edge.start()
    conversation(watched, watched.l3, watched.l4)
    keys = {"l3": watched.l3_key, "l4": watched.l4_key, **sealing_keys(watched)}
    with contextlib.ExitStack() as resting:
        app = resting.enter_context(watched.client("acme-app"))
        admin = resting.enter_context(watched.client("acme-admin", "core"))
        https = resting.enter_context(contextlib.closing(connect(watched, "acme-app", "edge")))
        for form, media in [(XML, "text/xml"), (JSON, "application/json")]:
            for side, name in [("edge", "acme-app"), ("core", "acme-admin")]:
                key = keys[f"{side} {media}"] = secrets.token_bytes(32)
                resting.enter_context(contextlib.closing(texts(watched, side, name, form, media, key)))
        key = keys["l4 last"] = secrets.token_bytes(32)
        last = register(app, key, "last-l4")
        assert key in post(https, ttlv.request(("Get", [ttlv.text("UniqueIdentifier", last)])))[1]
        assert ttlv.key_bytes(app.get(last)) == key
        key = keys["l3 last"] = secrets.token_bytes(32)
        register(admin, key, "last-l3")
        for daemon in (watched.edge, watched.core):
            assert held(dump_of(daemon, tmp_path), **keys) == [], f"{daemon.name}: {places(daemon.process, **keys)}"
    for daemon in (watched.edge, watched.core):
        assert held(dump_of(daemon, tmp_path), **keys) == [], f"{daemon.name}, all closed: {places(daemon.process, **keys)}"


def test_a_destroyed_key_is_nowhere(watched):
    """Neither in what is left out of a dump."""
    for side, name, identifier, key in [("edge", "acme-app", watched.l4, watched.l4_key), ("core", "acme-admin", watched.l3, watched.l3_key)]:
        process = getattr(watched, side).process
        with watched.client(name, side) as client:
            assert client.on("GetAttributes", identifier).ok
            assert key in memory(process), "the search finds a key that is held"
            assert client.revoke(identifier).ok and client.destroy(identifier).ok
        assert not [form for form in forms(key) if form in memory(process)]


def sealing_keys(deployment):
    """The halves of the sealing keys as they crossed: what Edge had encrypted, and what Core decrypted. Each is 64 bytes."""
    recorder = deployment.recorder
    found = set()
    for messages, operation in [(recorder.requests, ENCRYPT), (recorder.responses, DECRYPT)]:
        items = [ttlv.decode(message).child("BatchItem") for message in messages]
        payloads = [item.child("RequestPayload") or item.child("ResponsePayload") for item in items if item.get("Operation") == operation]
        data = {payload.get("Data") for payload in payloads if payload}
        keys = {text for text in data if text and len(text) == 64}
        assert keys, f"no sealing key was seen to cross for operation {operation}"
        found |= keys
    return {f"sealing_{index}_{half}": key[32 * half :][:32] for index, key in enumerate(found) for half in (0, 1)}
