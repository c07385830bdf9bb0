"""Well-formed requests with values that nobody has in mind: the daemon refuses them, stays up and goes on serving others."""

import concurrent.futures
import hashlib
import time

import pytest

import ttlv
from ttlv import attribute, boolean, enumeration, integer, octets, structure, text

RE_KEY, DERIVE_KEY, CREATE_KEY_PAIR, CREATE_SPLIT_KEY, JOIN_SPLIT_KEY = 4, 5, 2, 0x28, 0x29
OFFSET, DERIVATION_METHOD, DERIVATION_PARAMETERS, DERIVATION_DATA, ITERATION_COUNT, SALT = 0x420058, 0x420031, 0x420032, 0x420030, 0x42003C, 0x420084
SPLIT_KEY_PARTS, SPLIT_KEY_THRESHOLD, SPLIT_KEY_METHOD, HASHING_ALGORITHM = 0x42008B, 0x42008C, 0x42008A, 0x420038
XOR, PRIME_FIELD, GF28 = 1, 3, 4
SYMMETRIC_KEY, SPLIT_KEY, SECRET_DATA = 2, 5, 7
PBKDF2, HMAC, NIST_DOUBLE_PIPELINE = 1, 3, 7
DERIVE = 0x200
SHA1, SHA256 = 4, 6
LEAST, MOST = -(2**63), 2**63 - 1


def template(*attributes):
    return structure("TemplateAttribute", *attributes)


def date(name, seconds):
    return attribute(name, ("AttributeValue", ttlv.DATE, seconds))


def length(bits):
    return attribute("Cryptographic Length", integer("AttributeValue", bits))


def mask(bits):
    return attribute("Cryptographic Usage Mask", integer("AttributeValue", bits))


def algorithm(number):
    return attribute("Cryptographic Algorithm", enumeration("AttributeValue", number))


def secret(client, value, usage=DERIVE):
    """An active Secret Data object."""
    block = structure("KeyBlock", enumeration("KeyFormatType", 2), structure("KeyValue", octets("KeyMaterial", value)))
    made = client.call(
        "Register", enumeration("ObjectType", SECRET_DATA), template(mask(usage)),
        structure("SecretData", enumeration("SecretDataType", 2), block),
    )
    assert made.ok, made
    assert client.activate(made.identifier).ok
    return made.identifier


def split(client, key, method=XOR, parts=2, threshold=2):
    return client.call(
        CREATE_SPLIT_KEY, enumeration("ObjectType", SPLIT_KEY), text("UniqueIdentifier", key), integer(SPLIT_KEY_PARTS, parts),
        integer(SPLIT_KEY_THRESHOLD, threshold), enumeration(SPLIT_KEY_METHOD, method), template(),
    )


def join(client, parts, *attributes, kind=SECRET_DATA):
    return client.call(
        JOIN_SPLIT_KEY, enumeration("ObjectType", kind), *[text("UniqueIdentifier", part) for part in parts],
        enumeration("SecretDataType", 2) if kind == SECRET_DATA else None, template(*attributes),
    )


def derive(client, base, method, bits, *parameters):
    return client.call(
        DERIVE_KEY, enumeration("ObjectType", SECRET_DATA), text("UniqueIdentifier", base), enumeration(DERIVATION_METHOD, method),
        structure(DERIVATION_PARAMETERS, *parameters), template(length(bits), mask(ttlv.ENCRYPT)),
    )


def hashing(number):
    return structure("CryptographicParameters", enumeration(HASHING_ALGORITHM, number))


def lives(deployment):
    """The daemon is the same process still, and serves a new connection."""
    assert deployment.edge.process.poll() is None, deployment.edge.tail()
    with deployment.client("acme-app") as client:
        assert client.call("DiscoverVersions").ok


def test_dates_at_the_ends_of_time_survive_a_replacement_with_offset(own):
    own.start()
    with own.client("acme-app") as client:
        made = client.call(
            "Create", enumeration("ObjectType", SYMMETRIC_KEY),
            template(algorithm(ttlv.AES), length(256), mask(12), date("Activation Date", LEAST), date("Deactivation Date", MOST - 1)),
        )
        assert made.ok, made
        answer = client.on(RE_KEY, made.identifier, (OFFSET, ttlv.INTERVAL, 1))
        assert answer.reason == "InvalidField", answer
    lives(own)


@pytest.mark.parametrize("bits", [-8, LEAST >> 32, 2**31 - 8, 0, 7])
def test_parts_are_not_joined_to_a_key_of_impossible_length(own, bits):
    own.start()
    with own.client("acme-app") as client:
        key = client.create().identifier
        parts = split(client, key, PRIME_FIELD).identifiers
        assert len(parts) == 2
        answer = join(client, parts, length(bits))
        assert answer.reason == "InvalidField", answer
    lives(own)


@pytest.mark.parametrize("side, principal", [("core", "acme-admin"), ("edge", "acme-app")])
def test_a_key_that_does_not_leave_is_not_guessed_by_the_digests_of_its_beginnings(shared, side, principal):
    """Join Split Key can cut a key short; the Digest of one byte would tell that byte, that of two the next one, and so on."""
    with shared.client(principal, side) as client:
        key = client.create().identifier
        if side == "edge":
            assert client.on(0x0E, key, attribute("Sensitive", boolean("AttributeValue", True))).ok
            assert client.get(key).reason == "Sensitive"
        parts = split(client, key).identifiers
        known = b""
        for size in (1, 2):
            joined = join(client, parts, length(8 * size))
            if not joined.ok:
                break
            found = ttlv.attributes(client.on("GetAttributes", joined.identifier, text("AttributeName", "Digest")))
            digests = [item.value for value in found.get("Digest", []) for item in value if item.tag == 0x420035]
            guesses = [known + bytes([guess]) for guess in range(256)]
            hits = [guess for guess in guesses if hashlib.sha256(guess).digest() in digests]
            assert not hits, f"the first {size} bytes of the key are {hits[0].hex()}"


def test_splitting_brings_no_revoked_or_limited_key_back(shared):
    limits = attribute(
        "Usage Limits",
        structure("AttributeValue", (0x420097, ttlv.LONG, 1), enumeration(0x420098, 2)),
    )
    with shared.client("acme-app") as client:
        key = client.create().identifier
        assert client.activate(key).ok and client.revoke(key, 2).ok
        assert split(client, key).reason == "PermissionDenied"
        limited = client.call(
            "Create", enumeration("ObjectType", SYMMETRIC_KEY), template(algorithm(ttlv.AES), length(256), mask(12), limits)
        ).identifier
        assert split(client, limited).reason == "PermissionDenied"


def others_wait(deployment, attack, seconds=3):
    """How long a small change by somebody else takes, at most, while `attack` runs once a connection; and the least seconds of an attack."""

    def timed():
        began = time.monotonic()
        attack()
        return time.monotonic() - began

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(timed) for _ in range(4)]
        time.sleep(0.3)
        slowest = 0
        with deployment.client("globex-app", timeout=120) as client:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                began = time.monotonic()
                assert client.create().ok
                slowest = max(slowest, time.monotonic() - began)
        shortest = min(one.result(timeout=240) for one in running)
    return slowest, shortest


def test_long_computations_hold_nobody_else_up(own):
    own.start()

    def passwords():
        with own.client("acme-app", timeout=240) as client:
            base = secret(client, b"password")
            assert derive(client, base, PBKDF2, 128, hashing(SHA256), octets(SALT, b"salt"), integer(ITERATION_COUNT, 5_000_000)).ok

    # Beside computations on every processor a change takes its time on a slow machine; it does not wait for one to end.
    slowest, shortest = others_wait(own, passwords)
    assert slowest < max(1, shortest / 2), f"a change waited {slowest:.1f} s beside computations of {shortest:.1f} s at least"


def test_work_is_bounded_by_what_is_sent(own):
    own.start()

    def refused(answer, began):
        assert answer.reason in ("InvalidField", "CryptographicFailure", "IndexOutOfBounds", "0xa"), answer
        assert time.monotonic() - began < 10

    with own.client("acme-app", timeout=30) as client:
        large = bytes(4 << 20)
        base = secret(client, bytes(32))
        began = time.monotonic()
        refused(derive(client, base, NIST_DOUBLE_PIPELINE, 65_536 * 8, hashing(SHA256), octets(DERIVATION_DATA, large)), began)
        began = time.monotonic()
        refused(derive(client, base, PBKDF2, 65_536 * 8, hashing(SHA1), octets(SALT, large), integer(ITERATION_COUNT, 1)), began)
        began = time.monotonic()
        refused(split(client, secret(client, large), GF28, 255, 255), began)
        began = time.monotonic()
        wanted = [attribute("Object Type", enumeration("AttributeValue", SYMMETRIC_KEY))] * 40_000
        answer = client.call("Locate", *wanted)
        assert not answer.ok and time.monotonic() - began < 10, answer
    lives(own)
