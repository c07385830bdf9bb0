"""Clients of databases and storage, spoken for byte by byte: what they send, and what they break on when it is missing.

Seen in the sources and on the wire of libkmip (Ceph, Percona), MongoDB's client-side encryption and Percona Server.
"""

import os
import socket
import ssl

import pytest

import deployment as deployments
import ttlv
from ttlv import attribute, enumeration, integer, octets, structure, text


def date(tag, value):
    return (tag, ttlv.DATE, value)


def tags(item):
    return [child.tag for child in item.value]


# libkmip: KMIP 1.0, the structures of a response in the standard's order and nothing besides.


class LibKMIP:
    """Reads as libkmip does: 8 bytes, and then all the rest with one SSL_read, which gives one TLS record at most."""

    def __init__(self, shared, version):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.minimum_version = context.maximum_version = version
        context.load_verify_locations(shared.pki("ca.pem"))
        context.load_cert_chain(shared.pki("acme-app.pem"), shared.pki("acme-app.key"))
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", shared.port("edge")), timeout=deployments.within(10)))

    def call(self, operation, *fields, header=()):
        header = (integer("MaximumResponseSize", 8192), *header)
        self.socket.sendall(ttlv.request((operation, fields), version=(1, 0), header=header))
        head = self.socket.recv(8)
        length = int.from_bytes(head[4:8], "big")
        rest = self.socket.recv(length)
        assert (len(head), len(rest)) == (8, length), "the response came in more than one TLS record"
        return ttlv.decode(head + rest)


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def libkmip(shared, request):
    client = LibKMIP(shared, request.param)
    yield client
    client.socket.close()


def test_libkmip_creates_gets_and_destroys(libkmip):
    template = structure(
        "TemplateAttribute",
        attribute("Cryptographic Algorithm", enumeration("AttributeValue", ttlv.AES)),
        attribute("Cryptographic Length", integer("AttributeValue", 256)),
        attribute("Cryptographic Usage Mask", integer("AttributeValue", ttlv.ENCRYPT | ttlv.DECRYPT)),
    )
    made = libkmip.call("Create", enumeration("ObjectType", 2), template)
    assert tags(made) == ["ResponseHeader", "BatchItem"]
    assert tags(made.child("ResponseHeader")) == ["ProtocolVersion", "TimeStamp", "BatchCount"]
    assert tags(made.child("BatchItem")) == ["Operation", "ResultStatus", "ResponsePayload"]
    payload = made.child("BatchItem", "ResponsePayload")
    assert tags(payload) == ["ObjectType", "UniqueIdentifier"]
    identifier = text("UniqueIdentifier", payload.get("UniqueIdentifier"))

    got = libkmip.call("Get", identifier).child("BatchItem", "ResponsePayload")
    assert tags(got) == ["ObjectType", "UniqueIdentifier", "SymmetricKey"]
    block = got.child("SymmetricKey", "KeyBlock")
    assert tags(block) == ["KeyFormatType", "KeyValue", "CryptographicAlgorithm", "CryptographicLength"]
    assert tags(block.child("KeyValue")) == ["KeyMaterial"] and len(block.get("KeyValue", "KeyMaterial")) == 32

    gone = libkmip.call("Destroy", identifier).child("BatchItem")
    assert gone.get("ResultStatus") == 0 and tags(gone.child("ResponsePayload")) == ["UniqueIdentifier"]
    again = libkmip.call("Get", identifier).child("BatchItem")
    assert tags(again) == ["Operation", "ResultStatus", "ResultReason", "ResultMessage"]


def test_libkmip_logs_in_with_an_empty_name_and_password(libkmip):
    """The certificate says who asks; the demo's empty credential is taken and not used."""
    credential = structure(
        "Authentication",
        structure(
            "Credential", enumeration("CredentialType", 1),
            structure("CredentialValue", text("Username", ""), text("Password", "")),
        ),
    )
    answer = libkmip.call("Query", enumeration("QueryFunction", 1), header=(credential,))
    assert answer.get("BatchItem", "ResultStatus") == 0


def test_libkmip_reads_a_long_response_in_one_record(libkmip, app):
    """Most of the 8192 bytes it takes."""
    value = os.urandom(7500)
    registered = app.call(
        "Register", enumeration("ObjectType", 7), structure("TemplateAttribute"),
        structure("SecretData", enumeration("SecretDataType", 2), key_block(value, format=2)), version=(1, 0),
    )
    assert registered.ok, registered
    got = libkmip.call("Get", text("UniqueIdentifier", registered.identifier))
    assert got.get("BatchItem", "ResponsePayload", "SecretData", "KeyBlock", "KeyValue", "KeyMaterial") == value


def key_block(value, format=1, algorithm=None):
    return structure(
        "KeyBlock",
        enumeration("KeyFormatType", format),
        structure("KeyValue", octets("KeyMaterial", value)),
        enumeration("CryptographicAlgorithm", algorithm) if algorithm else None,
        integer("CryptographicLength", len(value) * 8) if algorithm else None,
    )


# MongoDB's client-side encryption: a connection for each request.


def mongo(shared, operation, *fields, version=(1, 0)):
    with shared.client("acme-app") as client:
        return client.call(operation, *fields, version=version)


def test_mongodb_keeps_a_master_key(shared):
    value = os.urandom(96)
    made = mongo(
        shared, "Register", enumeration("ObjectType", 7),
        structure("TemplateAttribute", attribute("Cryptographic Usage Mask", integer("AttributeValue", 0))),
        structure("SecretData", enumeration("SecretDataType", 2), key_block(value, format=2)),
    )
    assert made.ok, made
    identifier = text("UniqueIdentifier", made.identifier)
    assert mongo(shared, "Activate", identifier).identifier == made.identifier
    got = mongo(shared, "Get", identifier)
    assert got.get("ObjectType") == 7
    assert got.get("SecretData", "SecretDataType") == 2
    assert got.get("SecretData", "KeyBlock", "KeyFormatType") == 2
    assert got.get("SecretData", "KeyBlock", "KeyValue", "KeyMaterial") == value


def test_mongodb_has_the_server_encrypt(shared):
    template = structure(
        "TemplateAttribute",
        attribute("Cryptographic Algorithm", enumeration("AttributeValue", ttlv.AES)),
        attribute("Cryptographic Length", integer("AttributeValue", 256)),
        attribute("Cryptographic Usage Mask", integer("AttributeValue", ttlv.ENCRYPT | ttlv.DECRYPT)),
    )
    made = mongo(shared, "Create", enumeration("ObjectType", 2), template, version=(1, 2))
    assert made.ok, made
    identifier = text("UniqueIdentifier", made.identifier)
    assert mongo(shared, "Activate", identifier).ok
    value = os.urandom(96)
    sealed = mongo(
        shared, "Encrypt", identifier, ttlv.parameters(ttlv.CBC, ttlv.PKCS5, random_iv=True), octets("Data", value), version=(1, 2)
    )
    assert sealed.ok, sealed
    assert tags(sealed.payload) == ["UniqueIdentifier", "Data", "IVCounterNonce"] and len(sealed.get("IVCounterNonce")) == 16
    opened = mongo(
        shared, "Decrypt", identifier, ttlv.parameters(ttlv.CBC, ttlv.PKCS5), octets("Data", sealed.get("Data")),
        octets("IVCounterNonce", sealed.get("IVCounterNonce")), version=(1, 2),
    )
    assert opened.get("Data") == value


# Percona Server: its older client mixes 1.0 and 1.4, its newer one speaks 1.4.


def percona_register(app, name, group, version=(1, 4)):
    return app.call(
        "Register", enumeration("ObjectType", 2),
        structure(
            "TemplateAttribute",
            ttlv.name_attribute(name),
            attribute("Cryptographic Usage Mask", integer("AttributeValue", ttlv.ENCRYPT | ttlv.DECRYPT)),
            attribute("Object Group", text("AttributeValue", group)),
        ),
        structure("SymmetricKey", key_block(os.urandom(32), algorithm=ttlv.AES)),
        version=version,
    )


def pages(app, group, size, version):
    """All identifiers of a group, page by page until an empty one."""
    found = []
    for _ in range(50):
        page = app.call(
            "Locate", integer("MaximumItems", size), integer("OffsetItems", len(found)),
            attribute("Object Type", enumeration("AttributeValue", 2)), attribute("Object Group", text("AttributeValue", group)),
            version=version,
        )
        assert page.ok, page
        if not page.identifiers:
            return found
        assert len(page.identifiers) <= size
        assert page.get("LocatedItems") is None or version >= (1, 3)
        found += page.identifiers
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("version", [(1, 0), (1, 4)])
@pytest.mark.parametrize("size", [2, 256])
def test_percona_pages_through_its_keys(app, name, version, size):
    made = [percona_register(app, f"{name}-{version}-{size}-{index}", f"{name}-{version}-{size}").identifier for index in range(5)]
    assert sorted(pages(app, f"{name}-{version}-{size}", size, version)) == sorted(made)


def test_percona_has_no_object_group(app, name):
    made = percona_register(app, name, "")
    assert made.ok, made
    assert made.identifier in pages(app, "", 256, (1, 0))
    seen = app.call("GetAttributes", text("UniqueIdentifier", made.identifier), text("AttributeName", "Object Group"))
    assert ttlv.attributes(seen) == {"Object Group": [""]}


def test_percona_numbers_a_single_item(app):
    """The newer client sends a Unique Batch Item ID of four bytes, whatever the count, and a Maximum Response Size of 1 MiB."""
    frame = ttlv.encode(
        structure(
            "RequestMessage",
            structure(
                "RequestHeader",
                structure("ProtocolVersion", integer("ProtocolVersionMajor", 1), integer("ProtocolVersionMinor", 4)),
                integer("MaximumResponseSize", 1 << 20),
                integer("BatchCount", 1),
            ),
            structure(
                "BatchItem", enumeration("Operation", 24), octets("UniqueBatchItemID", bytes([0, 0, 0, 1])),
                structure("RequestPayload", enumeration("QueryFunction", 1)),
            ),
        )
    )
    app.send(frame)
    item = app.receive().child("BatchItem")
    assert tags(item) == ["Operation", "UniqueBatchItemID", "ResultStatus", "ResponsePayload"]
    assert item.get("UniqueBatchItemID") == bytes([0, 0, 0, 1])


def test_percona_gets_key_and_name_in_one_batch(app, name):
    identifier = text("UniqueIdentifier", percona_register(app, name, "percona").identifier)
    got, seen = app.batch(
        ("Get", [identifier]), ("GetAttributes", [identifier, text("AttributeName", "Name"), text("AttributeName", "State")]),
        header=(integer("MaximumResponseSize", 1 << 20), ttlv.boolean("BatchOrderOption", True)),
    )
    assert len(ttlv.key_bytes(got)) == 32
    assert ttlv.attributes(seen)["State"] == [1]
    assert ttlv.attributes(seen)["Name"][0][0].value == name


def test_percona_drops_a_key_that_was_never_active(app, name):
    identifier = percona_register(app, name, "percona").identifier
    revoked = app.call(
        "Revoke", text("UniqueIdentifier", identifier),
        structure("RevocationReason", enumeration("RevocationReasonCode", 2), text("RevocationMessage", "")),
        date("CompromiseOccurrenceDate", 1), version=(1, 0),
    )
    assert revoked.ok, revoked
    assert app.call("Destroy", text("UniqueIdentifier", identifier), version=(1, 0)).ok
    assert pages(app, "percona", 256, (1, 0)).count(identifier) == 0
