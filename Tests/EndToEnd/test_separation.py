"""Core and Edge never mix, tenants are walls, roles bind (design: key hierarchy and separation)."""

import pytest

import ttlv

NEVER = "-00000000-0000-4000-8000-000000000000"
TEXT = b"order 4711"


# Core has nothing to do with L4.


def test_core_refuses_to_create_at_l4(admin):
    assert admin.create(level="L4").reason == "PermissionDenied"


def test_core_refuses_to_register_at_l4(admin):
    answer = admin.call(
        "Register",
        ttlv.enumeration("ObjectType", 2),
        ttlv.structure("TemplateAttribute", ttlv.attribute("x-OpenKCM-Level", ttlv.text("AttributeValue", "L4"))),
        ttlv.structure(
            "SymmetricKey",
            ttlv.structure(
                "KeyBlock",
                ttlv.enumeration("KeyFormatType", 1),
                ttlv.structure("KeyValue", ttlv.octets("KeyMaterial", bytes(32))),
                ttlv.enumeration("CryptographicAlgorithm", 3),
                ttlv.integer("CryptographicLength", 256),
            ),
        ),
    )
    assert answer.reason == "PermissionDenied"


def test_core_refuses_to_locate_at_l4(admin):
    answer = admin.call("Locate", ttlv.attribute("x-OpenKCM-Level", ttlv.text("AttributeValue", "L4")))
    assert answer.reason == "PermissionDenied"


@pytest.mark.parametrize("operation", ["Get", "GetAttributes", "GetAttributeList", "Activate", "Destroy"])
@pytest.mark.parametrize("identifier", ["exists", "never"])
def test_core_refuses_l4_identifiers_whether_or_not_they_exist(admin, l4, operation, identifier):
    answer = admin.on(operation, l4 if identifier == "exists" else "L4" + NEVER)
    assert answer.reason == "PermissionDenied"


def test_core_refuses_to_encrypt_with_l4(shared, admin, l4):
    assert admin.encrypt(l4, TEXT).reason == "PermissionDenied"
    assert admin.encrypt("L4" + NEVER, TEXT).reason == "PermissionDenied"


# L3 keys do not leave Core.


def test_get_of_l3_is_refused_to_everyone(shared, admin, app, l3):
    assert admin.get(l3).reason == "Sensitive"
    assert app.get(l3).reason == "PermissionDenied"
    for principal in ("acme-app", "acme-auditor", "edge"):
        with shared.client(principal, "core") as client:
            answer = client.get(l3)
            assert not answer.ok and answer.payload is None, principal


def test_l3_says_that_it_is_sensitive(admin, l3):
    names = [ttlv.text("AttributeName", name) for name in ("x-OpenKCM-Level", "Sensitive", "Extractable", "State")]
    found = ttlv.attributes(admin.on("GetAttributes", l3, *names))
    assert found == {"x-OpenKCM-Level": ["L3"], "Sensitive": [True], "Extractable": [False], "State": [2]}


def test_edge_refuses_to_create_at_l3(app):
    assert app.create(level="L3").reason == "PermissionDenied"
    assert app.create(level="L2").reason == "PermissionDenied"


@pytest.mark.parametrize("operation", ["Get", "GetAttributes", "Activate", "Destroy"])
def test_edge_has_no_other_business_with_l3(app, l3, operation):
    assert app.on(operation, l3).reason == "PermissionDenied"


def test_l3_through_edge(app, l3):
    sealed = app.encrypt(l3, TEXT, aad=b"context")
    assert sealed.ok, sealed
    assert TEXT not in sealed.get("Data")
    opened = app.decrypt(
        l3, sealed.get("Data"), iv=sealed.get("IVCounterNonce"), tag=sealed.get("AuthenticatedEncryptionTag"), aad=b"context"
    )
    assert opened.get("Data") == TEXT


def test_a_failure_at_core_reaches_the_client_unchanged(shared, admin, app, l3):
    assert admin.revoke(l3).ok
    through = app.encrypt(l3, TEXT)
    assert not through.ok
    assert through.reason in ("PermissionDenied", "IllegalOperation")
    assert through.message


# Tenants.


@pytest.fixture
def globex(shared):
    with shared.client("globex-app") as client:
        yield client


@pytest.mark.parametrize("operation", ["Get", "GetAttributes", "GetAttributeList", "Activate", "Destroy"])
def test_another_tenants_l4_is_as_if_it_never_existed(globex, l4, operation):
    answer, never = globex.on(operation, l4), globex.on(operation, "L4" + NEVER)
    assert answer.reason == "ItemNotFound"
    assert answer.failure == never.failure


def test_another_tenants_keys_cannot_be_used(globex, l4, l3):
    for identifier, never in ((l4, "L4" + NEVER), (l3, "L3" + NEVER)):
        answer = globex.encrypt(identifier, TEXT)
        assert answer.reason == "ItemNotFound"
        assert answer.failure == globex.encrypt(never, TEXT).failure


def test_locate_stays_inside_the_tenant(globex, app, l4, name):
    assert app.locate(name=name).identifiers == [l4]
    assert globex.locate(name=name).identifiers == []
    assert l4 not in globex.locate().identifiers


def test_services_of_one_tenant_share(shared, l4):
    with shared.client("acme-app2") as client:
        assert client.get(l4).ok


# Roles.


def test_auditor_sees_but_does_not_get(shared, l4, name):
    with shared.client("acme-auditor") as auditor:
        assert auditor.locate(name=name).identifiers == [l4]
        assert auditor.on("GetAttributes", l4, ttlv.text("AttributeName", "State")).ok
        assert auditor.get(l4).reason == "PermissionDenied"
        assert auditor.encrypt(l4, TEXT).reason == "PermissionDenied"
        assert auditor.create().reason == "PermissionDenied"
        assert auditor.destroy(l4).reason == "PermissionDenied"


def test_service_makes_no_l3_at_core(shared):
    with shared.client("acme-app", "core") as client:
        assert client.create(level="L3").reason == "PermissionDenied"


def test_credential_in_the_header_gives_nothing(globex, l4):
    """A username in the header is read and not believed (design: the certificate, and nothing else)."""
    credential = ttlv.structure(
        0x42000C,
        ttlv.structure(
            0x420023,
            ttlv.enumeration(0x420024, 1),
            ttlv.structure(0x420025, ttlv.text(0x420099, "acme-app"), ttlv.text(0x4200A1, "secret")),
        ),
    )
    answer = globex.call("Get", ttlv.text("UniqueIdentifier", l4), header=[credential])
    assert answer.reason == "ItemNotFound"
