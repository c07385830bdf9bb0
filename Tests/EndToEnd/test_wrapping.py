"""Wrapping L4 objects under L3 keys at Edge: Core wraps and unwraps, by Encrypt and Decrypt, and the L3 key never leaves it."""

import pytest

import ttlv

KEY_WRAPPING_DATA, KEY_WRAPPING_SPECIFICATION, ENCRYPTION_KEY_INFORMATION = 0x420046, 0x420047, 0x420036
WRAPPING_METHOD, ENCODING_OPTION, KEY_WRAP_TYPE = 0x42009E, 0x4200A3, 0x4200F8
NIST_KEY_WRAP, CCM, NO_ENCODING, TTLV_ENCODING, NOT_WRAPPED = 13, 8, 1, 2, 1

MODES = {
    "GCM": [("BlockCipherMode", ttlv.GCM)],
    "CCM": [("BlockCipherMode", CCM)],
    "CBC": [("BlockCipherMode", ttlv.CBC), ("PaddingMethod", ttlv.PKCS5)],
    "NISTKeyWrap": [("BlockCipherMode", NIST_KEY_WRAP)],
}


def wrapped_get(client, identifier, kek, mode, encoding=NO_ENCODING):
    return client.on(
        "Get",
        identifier,
        ttlv.structure(
            KEY_WRAPPING_SPECIFICATION,
            ttlv.enumeration(WRAPPING_METHOD, 1),
            ttlv.structure(
                ENCRYPTION_KEY_INFORMATION,
                ttlv.text("UniqueIdentifier", kek),
                ttlv.structure("CryptographicParameters", *[ttlv.enumeration(tag, value) for tag, value in MODES[mode]]),
            ),
            ttlv.enumeration(ENCODING_OPTION, encoding),
        ),
    )


def register(client, block):
    """Registers a symmetric key from a Key Block as it came."""
    attributes = ttlv.structure(
        "TemplateAttribute", ttlv.attribute("Cryptographic Usage Mask", ttlv.integer("AttributeValue", ttlv.ENCRYPT | ttlv.DECRYPT))
    )
    return client.call("Register", ttlv.enumeration("ObjectType", 2), attributes, ttlv.structure("SymmetricKey", tuple_of(block)))


def tuple_of(item):
    """A decoded item as one to encode."""
    value = [tuple_of(child) for child in item.value] if item.kind == ttlv.STRUCTURE else item.value
    return (item.tag, item.kind, value)


def block_of(result):
    return result.payload.child("SymmetricKey", "KeyBlock")


@pytest.mark.parametrize("encoding", [NO_ENCODING, TTLV_ENCODING])
@pytest.mark.parametrize("mode", MODES)
def test_what_an_l3_key_wraps_it_unwraps(app, l3, l4, shared, mode, encoding):
    value = ttlv.key_bytes(app.get(l4))
    wrapped = wrapped_get(app, l4, l3, mode, encoding)
    assert wrapped.ok, wrapped
    block = block_of(wrapped)
    data = block.child(KEY_WRAPPING_DATA)
    assert data.get(ENCRYPTION_KEY_INFORMATION, "UniqueIdentifier") == l3
    sealed = block.get("KeyValue", "KeyMaterial") if encoding == NO_ENCODING else block.get("KeyValue")
    assert value not in sealed

    # Edge unwraps what it wrapped.
    again = register(app, block)
    assert again.ok, again
    opened = app.on("Get", again.identifier, ttlv.enumeration(KEY_WRAP_TYPE, NOT_WRAPPED))
    assert opened.ok, opened
    assert ttlv.key_bytes(opened) == value

    # And so does Decrypt with the same L3 key, byte for byte.
    tag = None
    if mode in ("GCM", "CCM"):
        sealed, tag = sealed[:-16], sealed[-16:]
    padding = ttlv.PKCS5 if mode == "CBC" else None
    plain = app.on(
        "Decrypt",
        l3,
        ttlv.structure(
            "CryptographicParameters",
            *[ttlv.enumeration(name, number) for name, number in MODES[mode]],
            ttlv.integer("TagLength", 16) if tag else None,
        ),
        ttlv.octets("Data", sealed),
        ttlv.octets("IVCounterNonce", data.get("IVCounterNonce")) if data.get("IVCounterNonce") else None,
        ttlv.octets("AuthenticatedEncryptionTag", tag) if tag else None,
    )
    assert plain.ok, (plain, padding)
    text = plain.get("Data")
    assert text == value if encoding == NO_ENCODING else ttlv.decode(text).get("KeyMaterial") == value


def test_both_sides_record_who_wrapped_with_what(app, l3, l4, shared):
    assert wrapped_get(app, l4, l3, "GCM").ok
    edge = [line for line in shared.audit_records("edge") if line["object"] in (l3, l4)][-2:]
    assert [(line["operation"], line["object"], line["status"]) for line in edge] == [
        ("Get", l4, "Success"), ("Encrypt", l3, "Success")
    ]
    assert edge[1]["served_by"] == "core" and edge[0]["trace"] == edge[1]["trace"]
    core = [line for line in shared.audit_records("core") if line["object"] == l3][-1]
    assert core["operation"] == "Encrypt" and core["trace"] == edge[0]["trace"]
    assert core["service"] == "acme-app" and core["via"]["service"] == "edge"


def test_core_decides_and_its_words_reach_the_client(app, admin, l4, l3, name):
    # One key that may not encrypt, one that is revoked, one that never was, and another tenant's.
    direct = {}
    weak = admin.create(f"{name}-weak", usage=ttlv.DECRYPT).identifier
    assert admin.activate(weak).ok
    revoked = admin.create(f"{name}-revoked").identifier
    assert admin.activate(revoked).ok and admin.revoke(revoked).ok
    for key in (weak, revoked, "L3-00000000-0000-4000-8000-000000000000"):
        direct[key] = app.encrypt(key, b"text").failure
        assert wrapped_get(app, l4, key, "GCM").failure == direct[key]
    assert direct["L3-00000000-0000-4000-8000-000000000000"][1] == "ItemNotFound"
    assert direct[weak][1] == direct[revoked][1] == "PermissionDenied"


def test_another_tenant_and_an_auditor_get_nothing(shared, app, l3, l4, name):
    with shared.client("globex-app") as other:
        made = other.create(name)
        assert other.activate(made.identifier).ok
        assert wrapped_get(other, made.identifier, l3, "GCM").reason == "ItemNotFound"
        block = block_of(wrapped_get(app, l4, l3, "GCM"))
        stolen = register(other, block)
        assert stolen.ok
        assert other.on("Get", stolen.identifier, ttlv.enumeration(KEY_WRAP_TYPE, NOT_WRAPPED)).reason == "ItemNotFound"
    with shared.client("acme-auditor") as auditor:
        assert wrapped_get(auditor, l4, l3, "GCM").reason == "PermissionDenied"


def test_an_altered_wrapped_key_does_not_unwrap(app, l3, l4):
    block = block_of(wrapped_get(app, l4, l3, "GCM"))
    material = block.child("KeyValue", "KeyMaterial")
    material.value = bytes([material.value[0] ^ 1]) + material.value[1:]
    again = register(app, block)
    assert again.ok
    assert app.on("Get", again.identifier, ttlv.enumeration(KEY_WRAP_TYPE, NOT_WRAPPED)).reason == "CryptographicFailure"


def test_core_itself_wraps_nothing(admin, l3, name):
    made = admin.create(name + "-k")
    assert admin.activate(made.identifier).ok
    assert wrapped_get(admin, made.identifier, l3, "GCM").reason == "NotExtractable"


def test_with_core_away_wrapping_says_so(own):
    own.start()
    with own.client("acme-app") as app, own.client("acme-admin", "core") as admin:
        made = app.create("k")
        assert app.activate(made.identifier).ok
        kek = admin.create("kek").identifier
        assert admin.activate(kek).ok
        assert wrapped_get(app, made.identifier, kek, "GCM").ok
        own.core.stop()
        refused = wrapped_get(app, made.identifier, kek, "GCM")
        assert refused.reason == "GeneralFailure" and "Core" in refused.message
