"""PyKMIP in every version: key pairs, new keys from old ones, attributes, checks, and what the server says of itself."""

import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from kmip.core import enums
from kmip.core.factories.attributes import AttributeFactory
from kmip.core.messages.contents import ProtocolVersion
from kmip.pie import exceptions, objects
from test_pykmip import MASKS, TEXT, VERSIONS, connect, cryptographic

MASK = enums.CryptographicUsageMask
AES = enums.CryptographicAlgorithm.AES


@pytest.fixture(params=VERSIONS)
def client(shared, request):
    with connect(shared, "acme-app", request.param) as client:
        yield client


def minor(client):
    return list(VERSIONS.values()).index(client.kmip_version)


@pytest.fixture
def pair(client, name):
    """An active RSA key pair to sign with: (public, private)."""
    made = client.create_key_pair(
        enums.CryptographicAlgorithm.RSA, 2048, public_name=f"{name}-public", public_usage_mask=[MASK.VERIFY],
        private_name=f"{name}-private", private_usage_mask=[MASK.SIGN],
    )
    for identifier in made:
        client.activate(identifier)
    return made


def attributes(client, identifier, *names):
    return {item.attribute_name.value: item.attribute_value for item in client.get_attributes(identifier, list(names))[1]}


def test_a_key_pair_is_two_objects(client, pair):
    public, private = (client.get(identifier) for identifier in pair)
    assert isinstance(public, objects.PublicKey) and isinstance(private, objects.PrivateKey)
    assert public.cryptographic_length == private.cryptographic_length == 2048
    assert attributes(client, pair[0], "Object Type")["Object Type"].value is enums.ObjectType.PUBLIC_KEY
    client.get_attribute_list(pair[0])


@cryptographic
def test_what_the_private_key_signs_the_public_key_verifies(client, pair):
    parameters = {
        "padding_method": enums.PaddingMethod.PKCS1v15,
        "cryptographic_algorithm": enums.CryptographicAlgorithm.RSA,
        "hashing_algorithm": enums.HashingAlgorithm.SHA_256,
    }
    public, private = pair
    signature = client.sign(TEXT, private, parameters)
    assert client.signature_verify(TEXT, signature, public, parameters) is enums.ValidityIndicator.VALID
    assert client.signature_verify(TEXT + b"!", signature, public, parameters) is enums.ValidityIndicator.INVALID
    key = serialization.load_der_public_key(client.get(public).value)
    key.verify(signature, TEXT, padding.PKCS1v15(), hashes.SHA256())


def test_rekey_with_an_empty_template(client, name):
    old = client.create(AES, 256, name=name, cryptographic_usage_mask=MASKS)
    client.activate(old)
    new = client.rekey(uid=old)
    assert new != old and client.get(new).value != client.get(old).value
    wanted = AttributeFactory().create_attribute(enums.AttributeType.NAME, name)
    assert client.locate(attributes=[wanted]) == [new], "the name moves to the new key"


def test_derive_key_by_hash(client, name):
    base = client.register(objects.SymmetricKey(AES, 128, bytes(range(16)), masks=[MASK.DERIVE_KEY], name=name))
    client.activate(base)
    derived = client.derive_key(
        enums.ObjectType.SYMMETRIC_KEY, [base], enums.DerivationMethod.HASH,
        {"cryptographic_parameters": {"hashing_algorithm": enums.HashingAlgorithm.SHA_256}},
        cryptographic_length=256, cryptographic_algorithm=AES,
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(bytes(range(16)))
    assert client.get(derived).value == digest.finalize()


def test_get_wrapped(client, name):
    kek = client.register(objects.SymmetricKey(AES, 256, bytes(32), masks=[MASK.WRAP_KEY, MASK.UNWRAP_KEY], name=f"{name}-kek"))
    client.activate(kek)
    key = client.register(objects.SymmetricKey(AES, 256, bytes(range(32)), masks=MASKS, name=name))
    got = client.get(
        key,
        key_wrapping_specification={
            "wrapping_method": enums.WrappingMethod.ENCRYPT,
            "encryption_key_information": {
                "unique_identifier": kek,
                "cryptographic_parameters": {"block_cipher_mode": enums.BlockCipherMode.NIST_KEY_WRAP},
            },
            "encoding_option": enums.EncodingOption.NO_ENCODING,
        },
    )
    assert aes_key_unwrap(bytes(32), got.value) == bytes(range(32))
    assert got.key_wrapping_data["wrapping_method"] is enums.WrappingMethod.ENCRYPT
    assert got.key_wrapping_data["encryption_key_information"]["unique_identifier"] == kek


@cryptographic
def test_mac(client, name):
    key = client.register(objects.SymmetricKey(enums.CryptographicAlgorithm.HMAC_SHA256, 256, bytes(32), masks=[MASK.MAC_GENERATE], name=name))
    client.activate(key)
    identifier, mac = client.mac(TEXT, uid=key, algorithm=enums.CryptographicAlgorithm.HMAC_SHA256)
    expected = hmac.HMAC(bytes(32), hashes.SHA256())
    expected.update(TEXT)
    assert (identifier, mac) == (key, expected.finalize())


def test_attributes_change_and_go(client, name):
    key = client.create(AES, 256, name=name, cryptographic_usage_mask=MASKS)
    renamed = AttributeFactory().create_attribute(enums.AttributeType.NAME, f"{name}-new", index=0)
    assert client.modify_attribute(key, attribute=renamed)[0] == key
    assert attributes(client, key, "Name")["Name"].name_value.value == f"{name}-new"
    identifier, gone = client.delete_attribute(key, attribute_name="Name", attribute_index=0)
    assert identifier == key and gone.attribute_name.value == "Name"
    assert attributes(client, key, "Name") == {}


def test_check(client, name):
    key = client.create(AES, 256, name=name, cryptographic_usage_mask=MASKS)
    client.activate(key)
    assert client.check(uid=key, cryptographic_usage_mask=[MASK.ENCRYPT], lease_time=0) == key


def test_query(client):
    functions = [enums.QueryFunction.QUERY_OPERATIONS, enums.QueryFunction.QUERY_OBJECTS, enums.QueryFunction.QUERY_SERVER_INFORMATION]
    if minor(client) >= 3:
        functions += [enums.QueryFunction.QUERY_RNGS, enums.QueryFunction.QUERY_PROFILES, enums.QueryFunction.QUERY_CAPABILITIES]
    result = client.proxy.query(query_functions=functions)
    assert result.result_status.value is enums.ResultStatus.SUCCESS
    assert enums.Operation.CREATE in result.operations
    assert (enums.Operation.ENCRYPT in result.operations) == (minor(client) >= 2)
    assert (enums.Operation.DISCOVER_VERSIONS in result.operations) == (minor(client) >= 1)
    assert enums.ObjectType.SYMMETRIC_KEY in result.object_types
    assert result.vendor_identification


@pytest.mark.parametrize("client", ["1.1", "1.2", "1.3", "1.4"], indirect=True)
def test_discover_versions(client):
    """The operation came with 1.1; PyKMIP cannot read that it is refused in 1.0."""
    result = client.proxy.discover_versions(protocol_versions=[ProtocolVersion(1, 2), ProtocolVersion(9, 9), ProtocolVersion(1, 4)])
    found = [(version.major, version.minor) for version in result.protocol_versions]
    assert found == [(1, 4), (1, 2)]


@pytest.mark.parametrize("client", ["1.0", "1.1"], indirect=True)
def test_operations_of_1_2_are_refused_before_it(client, name):
    key = client.create(AES, 256, name=name, cryptographic_usage_mask=MASKS)
    client.activate(key)
    with pytest.raises(exceptions.KmipOperationFailure) as failure:
        client.encrypt(TEXT, uid=key)
    assert failure.value.reason is enums.ResultReason.OPERATION_NOT_SUPPORTED
