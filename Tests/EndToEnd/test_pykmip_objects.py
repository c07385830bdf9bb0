"""PyKMIP asks Edge to make objects from objects; Python's cryptography says whether they are what they should be."""

import hashlib
import hmac
import uuid

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from kmip.core import enums
from kmip.pie import exceptions, objects
from test_pykmip import VERSIONS, connect

MASK = enums.CryptographicUsageMask


@pytest.fixture(params=VERSIONS)
def client(shared, request):
    with connect(shared, "acme-app", request.param) as client:
        yield client


@pytest.fixture(params=["1.2", "1.4"])
def recent(shared, request):
    with connect(shared, "acme-app", request.param) as client:
        yield client


def register(client, value, masks, algorithm=enums.CryptographicAlgorithm.AES):
    # Without a name PyKMIP gives every key the same.
    identifier = client.register(objects.SymmetricKey(algorithm, len(value) * 8, value, masks=masks, name=str(uuid.uuid4())))
    client.activate(identifier)
    return identifier


def test_a_key_pair_is_one(client):
    public, private = client.create_key_pair(
        enums.CryptographicAlgorithm.RSA, 2048, public_usage_mask=[MASK.VERIFY], private_usage_mask=[MASK.SIGN]
    )
    held = client.get(private)
    assert held.key_format_type == enums.KeyFormatType.PKCS_1
    key = serialization.load_der_private_key(held.value, None)
    numbers = key.public_key().public_numbers()
    # PyKMIP gives the public half as it came: RSAPublicKey.
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert client.get(public).value == der and numbers.n.bit_length() == 2048
    signature = key.sign(b"message", padding.PKCS1v15(), hashes.SHA256())
    rsa.RSAPublicNumbers(numbers.e, numbers.n).public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_a_key_leaves_wrapped(client):
    kek, value = bytes(range(32)), bytes(range(100, 132))
    wrapping = register(client, kek, [MASK.WRAP_KEY])
    key = register(client, value, [MASK.ENCRYPT])
    specification = {
        "wrapping_method": enums.WrappingMethod.ENCRYPT,
        "encryption_key_information": {
            "unique_identifier": wrapping,
            "cryptographic_parameters": {"block_cipher_mode": enums.BlockCipherMode.NIST_KEY_WRAP},
        },
        "encoding_option": enums.EncodingOption.NO_ENCODING,
    }
    got = client.get(key, key_wrapping_specification=specification)
    assert aes_key_unwrap(kek, got.value) == value
    data = got.key_wrapping_data["encryption_key_information"]
    assert data["unique_identifier"] == wrapping
    # What came wrapped is kept so.
    got.names = [str(uuid.uuid4())]
    again = client.register(got)
    assert client.get(again).value == got.value
    with pytest.raises(exceptions.KmipOperationFailure) as failure:
        client.get(key, key_wrapping_specification={**specification, "encryption_key_information": {"unique_identifier": key}})
    assert failure.value.reason in (enums.ResultReason.PERMISSION_DENIED, enums.ResultReason.ITEM_NOT_FOUND)


def test_a_key_is_derived_from_a_password(client):
    password = client.register(objects.SecretData(b"password", enums.SecretDataType.PASSWORD, masks=[MASK.DERIVE_KEY], name=str(uuid.uuid4())))
    client.activate(password)
    derived = client.derive_key(
        enums.ObjectType.SYMMETRIC_KEY,
        [password],
        enums.DerivationMethod.PBKDF2,
        {
            "cryptographic_parameters": {"hashing_algorithm": enums.HashingAlgorithm.SHA_256},
            "salt": b"salt",
            "iteration_count": 4096,
        },
        cryptographic_length=256,
        cryptographic_algorithm=enums.CryptographicAlgorithm.AES,
        cryptographic_usage_mask=[MASK.ENCRYPT],
    )
    expected = PBKDF2HMAC(hashes.SHA256(), 32, b"salt", 4096).derive(b"password")
    assert client.get(derived).value == expected


def test_a_key_is_derived_from_a_key(recent):
    value = bytes(range(32))
    base = register(recent, value, [MASK.DERIVE_KEY])
    data = b"label\0context"
    derived = recent.derive_key(
        enums.ObjectType.SYMMETRIC_KEY,
        [base],
        enums.DerivationMethod.HMAC,
        {"cryptographic_parameters": {"hashing_algorithm": enums.HashingAlgorithm.SHA_256}, "derivation_data": data},
        cryptographic_length=128,
        cryptographic_algorithm=enums.CryptographicAlgorithm.AES,
        cryptographic_usage_mask=[MASK.ENCRYPT],
    )
    assert recent.get(derived).value == hmac.new(value, data, hashlib.sha256).digest()[:16]


def test_a_key_is_replaced(client, name):
    key = client.create(enums.CryptographicAlgorithm.AES, 256, name=name, cryptographic_usage_mask=[MASK.ENCRYPT])
    replacement = client.rekey(key, offset=0)
    assert client.locate(attributes=[]) is not None and replacement != key
    names = [attribute.attribute_value.name_value.value for attribute in client.get_attributes(replacement, ["Name"])[1]]
    assert names == [name]
    assert client.get_attributes(key, ["Name"])[1] == []
    assert client.get(replacement).value != client.get(key).value
