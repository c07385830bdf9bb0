"""The tests' own codec, against the example of KMIP 1.4 section 9.1.2 and itself."""

import pytest

import ttlv


def test_examples_of_the_standard():
    assert ttlv.encode(ttlv.integer(0x420020, 8)).hex() == "42002002000000040000000800000000"
    assert ttlv.encode(ttlv.text(0x420020, "Hello World")).hex() == "420020070000000b48656c6c6f20576f726c640000000000"
    nested = ttlv.structure(0x420020, ttlv.enumeration(0x420004, 254), ttlv.integer(0x420005, 255))
    assert ttlv.encode(nested).hex() == "42002001000000204200040500000004000000fe000000004200050200000004000000ff00000000"


def test_a_message_comes_back():
    message = ttlv.decode(ttlv.request(("Get", [ttlv.text("UniqueIdentifier", "L4-1")]), version=(1, 2)))
    assert message.get("RequestHeader", "ProtocolVersion", "ProtocolVersionMinor") == 2
    assert message.get("BatchItem", "RequestPayload", "UniqueIdentifier") == "L4-1"


@pytest.mark.parametrize("bytes_", [b"", bytes.fromhex("4200200200000004000000080000"), bytes.fromhex("42002002000000040000000800000001")])
def test_malformed_bytes_are_refused(bytes_):
    with pytest.raises(ValueError):
        ttlv.decode(bytes_)
