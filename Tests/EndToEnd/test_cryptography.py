"""Signatures, MACs and RSA of Edge, asked with PyKMIP and checked with Python's cryptography."""

import itertools

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import cmac, hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from kmip.core import enums
from kmip.pie import exceptions, objects
from test_pykmip import connect

TEXT = b"The quick brown fox jumps over the lazy dog"
MASK = enums.CryptographicUsageMask
RSA = enums.CryptographicAlgorithm.RSA
# PyKMIP gives every object a name, and names are unique in a tenant.
NAMES = (f"cryptography-{number}" for number in itertools.count())
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(params=["1.2", "1.4"])
def client(shared, request):
    with connect(shared, "acme-app", request.param) as client:
        yield client


def register(client, value):
    identifier = client.register(value)
    client.activate(identifier)
    return identifier


def private_key(client, *masks, key=KEY, encoding=serialization.PrivateFormat.PKCS8):
    der = key.private_bytes(serialization.Encoding.DER, encoding, serialization.NoEncryption())
    form = enums.KeyFormatType.PKCS_8 if encoding is serialization.PrivateFormat.PKCS8 else enums.KeyFormatType.PKCS_1
    return register(client, objects.PrivateKey(RSA, 2048, der, form, masks=list(masks), name=next(NAMES)))


def public_key(client, *masks, encoding=serialization.PublicFormat.SubjectPublicKeyInfo):
    der = KEY.public_key().public_bytes(serialization.Encoding.DER, encoding)
    form = enums.KeyFormatType.X_509 if encoding is serialization.PublicFormat.SubjectPublicKeyInfo else enums.KeyFormatType.PKCS_1
    return register(client, objects.PublicKey(RSA, 2048, der, form, masks=list(masks), name=next(NAMES)))


SCHEMES = [
    ({"padding_method": enums.PaddingMethod.PKCS1v15, "hashing_algorithm": enums.HashingAlgorithm.SHA_256}, padding.PKCS1v15(), hashes.SHA256()),
    ({"digital_signature_algorithm": enums.DigitalSignatureAlgorithm.SHA512_WITH_RSA_ENCRYPTION}, padding.PKCS1v15(), hashes.SHA512()),
    (
        {"padding_method": enums.PaddingMethod.PSS, "hashing_algorithm": enums.HashingAlgorithm.SHA_384},
        padding.PSS(padding.MGF1(hashes.SHA384()), 48),
        hashes.SHA384(),
    ),
]


@pytest.mark.parametrize("parameters, scheme, digest", SCHEMES)
@pytest.mark.parametrize("encoding", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_others_verify_what_is_signed(client, parameters, scheme, digest, encoding):
    identifier = private_key(client, MASK.SIGN, encoding=encoding)
    parameters = {"cryptographic_algorithm": RSA, **parameters}
    signature = client.sign(TEXT, uid=identifier, cryptographic_parameters=parameters)
    KEY.public_key().verify(signature, TEXT, scheme, digest)
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(signature, TEXT + b"!", scheme, digest)


@pytest.mark.parametrize("parameters, scheme, digest", SCHEMES)
@pytest.mark.parametrize("encoding", [serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1])
def test_what_others_sign_is_verified(client, parameters, scheme, digest, encoding):
    identifier = public_key(client, MASK.VERIFY, encoding=encoding)
    parameters = {"cryptographic_algorithm": RSA, **parameters}
    signature = KEY.sign(TEXT, scheme, digest)
    for text, verdict in ((TEXT, enums.ValidityIndicator.VALID), (TEXT + b"!", enums.ValidityIndicator.INVALID)):
        assert client.signature_verify(text, signature, uid=identifier, cryptographic_parameters=parameters) is verdict


def test_oaep_goes_both_ways(client):
    parameters = {
        "cryptographic_algorithm": RSA,
        "padding_method": enums.PaddingMethod.OAEP,
        "hashing_algorithm": enums.HashingAlgorithm.SHA_256,
    }
    scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    sealed, _ = client.encrypt(TEXT, uid=public_key(client, MASK.ENCRYPT), cryptographic_parameters=parameters)
    assert KEY.decrypt(sealed, scheme) == TEXT
    opening = private_key(client, MASK.DECRYPT)
    assert client.decrypt(KEY.public_key().encrypt(TEXT, scheme), uid=opening, cryptographic_parameters=parameters) == TEXT
    with pytest.raises(exceptions.KmipOperationFailure) as failure:
        client.decrypt(bytes(256), uid=opening, cryptographic_parameters=parameters)
    assert failure.value.reason is enums.ResultReason.CRYPTOGRAPHIC_FAILURE


def test_macs_are_those_of_others(client):
    value = bytes(range(32))
    key = objects.SymmetricKey(enums.CryptographicAlgorithm.AES, 256, value, masks=[MASK.MAC_GENERATE], name=next(NAMES))
    identifier = register(client, key)
    other = hmac.HMAC(value, hashes.SHA512())
    other.update(TEXT)
    assert client.mac(TEXT, uid=identifier, algorithm=enums.CryptographicAlgorithm.HMAC_SHA512)[1] == other.finalize()
    other = cmac.CMAC(algorithms.AES(value))
    other.update(TEXT)
    assert client.mac(TEXT, uid=identifier, algorithm=enums.CryptographicAlgorithm.AES)[1] == other.finalize()


def test_a_key_does_only_what_its_mask_says(client):
    identifier = private_key(client, MASK.DECRYPT)
    with pytest.raises(exceptions.KmipOperationFailure) as failure:
        client.sign(TEXT, uid=identifier, cryptographic_parameters={"cryptographic_algorithm": RSA, **SCHEMES[0][0]})
    assert failure.value.reason is enums.ResultReason.PERMISSION_DENIED
