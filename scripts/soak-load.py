"""The clients of scripts/soak.sh: PyKMIP and raw connections that come and go, and those who do everything wrong.

usage: soak-load.py DEMO-FOLDER FOREIGN-FOLDER BASE-PORT SECONDS

Every answer is looked at: what should be right and is not, or is refused and should not be, ends it with exit code 1. Prints how many rounds each
kind of client went.
"""

import contextlib
import os
import pathlib
import random
import ssl
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))

import ttlv  # noqa: E402
from kmip.core import enums  # noqa: E402
from kmip.pie import exceptions, objects  # noqa: E402
from kmip.pie.client import ProxyKmipClient  # noqa: E402

DEMO, FOREIGN, BASE, SECONDS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
CORE, EDGE = BASE, BASE + 6
MASKS = [enums.CryptographicUsageMask.ENCRYPT, enums.CryptographicUsageMask.DECRYPT]
CBC = {
    "cryptographic_algorithm": enums.CryptographicAlgorithm.AES,
    "block_cipher_mode": enums.BlockCipherMode.CBC,
    "padding_method": enums.PaddingMethod.PKCS5,
}


def client(name, port=EDGE, folder=DEMO):
    return ttlv.Client(port, folder / "pki" / f"{name}.pem", folder / "pki" / f"{name}.key", DEMO / "pki" / "ca.pem")


def pykmip():
    """A connection a round: a key's whole life."""
    pki = DEMO / "pki"
    connection = ProxyKmipClient(
        hostname="127.0.0.1", port=EDGE, cert=str(pki / "acme-app.pem"), key=str(pki / "acme-app.key"), ca=str(pki / "ca.pem"),
        ssl_version="PROTOCOL_SSLv23", config_file="/dev/null", kmip_version=enums.KMIPVersion.KMIP_1_2,
    )
    with connection as kmip:
        name, value = str(uuid.uuid4()), random.randbytes(32)
        key = kmip.register(objects.SymmetricKey(enums.CryptographicAlgorithm.AES, 256, value, masks=MASKS, name=name))
        kmip.activate(key)
        assert kmip.get(key).value == value
        iv = random.randbytes(16)
        sealed, _ = kmip.encrypt(b"text", uid=key, cryptographic_parameters=CBC, iv_counter_nonce=iv)
        assert kmip.decrypt(sealed, uid=key, cryptographic_parameters=CBC, iv_counter_nonce=iv) == b"text"
        kmip.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, key)
        kmip.destroy(key)
        try:
            kmip.get(key)
        except exceptions.KmipOperationFailure:
            return
        raise AssertionError("a destroyed key is served")


def raw():
    """A connection a round, with an L3 key of Core and an L4 one."""
    with client("acme-app") as app, client("acme-admin", CORE) as admin:
        kek, name = admin.create(str(uuid.uuid4())).identifier, str(uuid.uuid4())
        assert admin.activate(kek).ok
        key = app.create(name).identifier
        assert app.activate(key).ok
        for _ in range(5):
            for one in (key, kek):
                text = random.randbytes(random.choice([16, 1000, 100_000]))
                sealed = app.encrypt(one, text)
                assert sealed.ok, sealed
                opened = app.decrypt(one, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"))
                assert opened.get("Data") == text, opened
        assert app.locate(name=name).identifiers == [key]
        assert app.revoke(key).ok and app.destroy(key).ok
        assert app.locate(name=name).identifiers == []
        assert admin.revoke(kek).ok and admin.destroy(kek).ok


def wrong():
    """What has to be refused, or cut off: each time on a connection of its own."""
    with client("globex-app") as other:
        assert other.get("L4-00000000-0000-4000-8000-000000000000").reason == "ItemNotFound"
        assert other.create(level="L3").reason == "PermissionDenied"
        assert not other.call("Register").ok
    # Certificates of another authority, and none.
    for make in (lambda: client("acme-app", folder=FOREIGN), lambda: ttlv.Client(EDGE, trust=DEMO / "pki" / "ca.pem")):
        try:
            with make() as stranger:
                stranger.send(ttlv.request(("Query", [])))
                stranger.receive()
        except (ssl.SSLError, OSError):
            continue
        raise AssertionError("a stranger was answered")
    # Frames that are cut off, far too long, and noise.
    whole = ttlv.request(("Query", []))
    for frame in (whole[: random.randrange(1, len(whole))], b"\x42\x00\x78\x01\xff\xff\xff\xf0", random.randbytes(64), whole[:7] + b"\x01" + whole[8:]):
        with client("acme-app") as app, contextlib.suppress(OSError, ValueError):
            app.socket.settimeout(0.2)
            app.send(frame)
            app.receive()


class Loop(threading.Thread):
    """One kind of client, again and again."""

    def __init__(self, body, end):
        super().__init__(daemon=True)
        self.body, self.end, self.rounds, self.problem = body, end, 0, None

    def run(self):
        while time.monotonic() < self.end and self.problem is None:
            try:
                self.body()
                self.rounds += 1
            except Exception as error:  # For the caller to print.
                self.problem = f"{self.body.__name__}: {type(error).__name__}: {error}"


def main():
    end = time.monotonic() + SECONDS
    loops = [Loop(body, end) for body in (pykmip, pykmip, raw, raw, wrong)]
    for loop in loops:
        loop.start()
    for loop in loops:
        loop.join(SECONDS + 60)
    problems = [loop.problem for loop in loops if loop.problem] + [f"{loop.body.__name__} hangs" for loop in loops if loop.is_alive()]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(", ".join(f"{loop.rounds} rounds of {loop.body.__name__}" for loop in loops), flush=True)
    # Without waiting for one that hangs.
    os._exit(1 if problems else 0)


main()
