"""The message encodings of POST /kmip: TTLV, XML and JSON by Content-Type, all by one way through the service."""

import json
import xml.etree.ElementTree as ElementTree

import pytest

import ttlv
from test_https import connect, post, query, result


class XML:
    types = ["text/xml", "application/xml"]

    @staticmethod
    def write(item):
        tag, value = item
        if isinstance(value, list):
            return f"<{tag}>{''.join(XML.write(child) for child in value)}</{tag}>"
        return f'<{tag} type="{value[0]}" value="{value[1]}"/>'

    @staticmethod
    def read(body):
        def item(element):
            if element.get("type", "Structure") == "Structure":
                return (element.tag, [item(child) for child in element])
            return (element.tag, (element.get("type"), element.get("value")))

        return item(ElementTree.fromstring(body))


class JSON:
    types = ["application/json"]

    @staticmethod
    def write(item):
        def thing(item):
            tag, value = item
            if isinstance(value, list):
                return {"tag": tag, "value": [thing(child) for child in value]}
            return {"tag": tag, "type": value[0], "value": value[1]}

        return json.dumps(thing(item))

    @staticmethod
    def read(body):
        def item(thing):
            if isinstance(thing["value"], list):
                return (thing["tag"], [item(child) for child in thing["value"]])
            return (thing["tag"], (thing["type"], str(thing["value"])))

        return item(json.loads(body))


ENCODINGS = [(XML, "text/xml"), (XML, "application/xml"), (JSON, "application/json")]
each = pytest.mark.parametrize("form,media", ENCODINGS, ids=[media for _, media in ENCODINGS])


def request(operation, *fields, minor=4):
    header = [
        ("ProtocolVersion", [("ProtocolVersionMajor", ("Integer", 1)), ("ProtocolVersionMinor", ("Integer", minor))]),
        ("BatchCount", ("Integer", 1)),
    ]
    item = [("Operation", ("Enumeration", operation)), ("RequestPayload", list(fields))]
    return ("RequestMessage", [("RequestHeader", header), ("BatchItem", item)])


def attribute(name, type, value):
    return ("Attribute", [("AttributeName", ("TextString", name)), ("AttributeValue", (type, value))])


def find(item, *path):
    """The first value down a path of tags."""
    _, value = item
    for tag in path:
        value = next((child for name, child in value if name == tag), None)
        if value is None:
            return None
    return value if isinstance(value, list) else value[1]


def call(connection, form, media, message):
    answer, body = post(connection, form.write(message), Content_Type=f"{media}; charset=utf-8")
    assert answer.status == 200 and answer.getheader("Content-Type") == media
    return form.read(body)


@each
def test_a_conversation(shared, app, name, form, media):
    connection = connect(shared, "acme-app", "edge")
    made = call(
        connection, form, media,
        request(
            "Create", ("ObjectType", ("Enumeration", "SymmetricKey")),
            (
                "TemplateAttribute",
                [
                    attribute("Cryptographic Algorithm", "Enumeration", "AES"),
                    attribute("Cryptographic Length", "Integer", 256),
                    attribute("Cryptographic Usage Mask", "Integer", "Encrypt|Decrypt"),
                    ("Attribute", [
                        ("AttributeName", ("TextString", "Name")),
                        ("AttributeValue", [("NameValue", ("TextString", name)), ("NameType", ("Enumeration", "UninterpretedTextString"))]),
                    ]),
                ],
            ),
        ),
    )
    assert find(made, "BatchItem", "ResultStatus") == "Success", made
    identifier = find(made, "BatchItem", "ResponsePayload", "UniqueIdentifier")
    assert app.locate(name).identifiers == [identifier], "TTLV sees what the other encoding made"
    assert app.activate(identifier).ok

    uid = ("UniqueIdentifier", ("TextString", identifier))
    cbc = ("CryptographicParameters", [("BlockCipherMode", ("Enumeration", "CBC")), ("PaddingMethod", ("Enumeration", "PKCS5"))])
    sealed = call(
        connection, form, media,
        request("Encrypt", uid, cbc, ("Data", ("ByteString", "0102ff")), ("IVCounterNonce", ("ByteString", "00" * 16)), minor=2),
    )
    data = find(sealed, "BatchItem", "ResponsePayload", "Data")
    assert app.decrypt(identifier, bytes.fromhex(data), ttlv.CBC, ttlv.PKCS5, iv=bytes(16)).get("Data") == b"\x01\x02\xff"
    assert find(sealed, "ResponseHeader", "ProtocolVersion", "ProtocolVersionMinor") == "2"

    seen = call(connection, form, media, request("GetAttributes", uid, ("AttributeName", ("TextString", "Cryptographic Usage Mask"))))
    mask = find(seen, "BatchItem", "ResponsePayload", "Attribute", "AttributeValue")
    assert mask.replace("|", " ") == "Encrypt Decrypt"

    record = shared.audit_records("edge")[-1]
    assert record["operation"] == "GetAttributes" and record["object"] == identifier and record["transport"] == "https"


@each
def test_rights_and_levels_are_those_of_ttlv(shared, form, media):
    get = request("Get", ("UniqueIdentifier", ("TextString", "L4-00000000-0000-4000-8000-000000000000")))
    for side, principal, reason in [("core", "acme-admin", "PermissionDenied"), ("edge", "globex-app", "ItemNotFound"), ("edge", "acme-auditor", "PermissionDenied")]:
        answer = call(connect(shared, principal, side), form, media, get)
        assert find(answer, "BatchItem", "ResultReason") == reason
        # The shared Edge renews its leases at any time.
        assert [one for one in shared.audit_records(side) if one.get("service") != "edge"][-1]["service"] == principal


@each
@pytest.mark.parametrize("size", [1 << 10, 40 << 10, 256 << 10])
def test_large_messages(shared, app, form, media, size):
    """Beyond some 32 KiB another thread transcodes."""
    made = app.create()
    assert app.activate(made.identifier).ok
    data = bytes(index & 0xFF for index in range(size)).hex()
    connection = connect(shared, "acme-app", "edge")
    for _ in range(2):
        sealed = call(
            connection, form, media,
            request(
                "Encrypt", ("UniqueIdentifier", ("TextString", made.identifier)),
                ("CryptographicParameters", [("BlockCipherMode", ("Enumeration", "CTR"))]),
                ("Data", ("ByteString", data)), ("IVCounterNonce", ("ByteString", "00" * 16)),
            ),
        )
        assert len(find(sealed, "BatchItem", "ResponsePayload", "Data")) == 2 * size


MALFORMED = {
    "text/xml": ["", "<", "<RequestMessage>", "<RequestMessage><BatchCount type='Integer' value='x'/></RequestMessage>", "<!DOCTYPE a><RequestMessage/>"],
    "application/json": ["", "{", "[]", '{"tag": "RequestMessage", "value": [{"tag": "BatchCount", "type": "Integer", "value": "x"}]}', "[" * 100000],
    "application/octet-stream": [b"", b"no KMIP at all", query() + b"\0", query()[:-8]],
}


@pytest.mark.parametrize("media,body", [(media, body) for media, bodies in MALFORMED.items() for body in bodies])
def test_a_malformed_body(shared, media, body):
    connection = connect(shared, "acme-app", "edge")
    for _ in range(2):
        answer, text = post(connection, body, Content_Type=media)
        assert answer.status == 400 and answer.getheader("Content-Type") == media
        if media == "application/octet-stream":
            assert result(text).reason == "InvalidMessage"
        else:
            read = (XML if media == "text/xml" else JSON).read(text)
            assert find(read, "BatchItem", "ResultReason") == "InvalidMessage"
            message = find(read, "BatchItem", "ResultMessage")
            assert "BatchCount" not in str(body) or "RequestMessage/BatchCount" in message
    # The connection still serves.
    answer, body = post(connection, query())
    assert answer.status == 200 and result(body).ok


@each
def test_a_well_formed_body_that_is_no_request(shared, form, media):
    for message in [("ResponseMessage", []), ("RequestMessage", []), request("Query", ("QueryFunction", ("TextString", "x")))]:
        answer = call(connect(shared, "acme-app", "edge"), form, media, message)
        assert find(answer, "BatchItem", "ResultReason") == "InvalidMessage"


def test_a_value_that_xml_cannot_write(shared, app):
    made = app.create("bell\x07")
    read = request("GetAttributes", ("UniqueIdentifier", ("TextString", made.identifier)), ("AttributeName", ("TextString", "Name")))
    answer, body = post(connect(shared, "acme-app", "edge"), XML.write(read), Content_Type="text/xml")
    assert answer.status == 406 and body == b""
    seen = call(connect(shared, "acme-app", "edge"), JSON, "application/json", read)
    assert find(seen, "BatchItem", "ResponsePayload", "Attribute", "AttributeValue", "NameValue") == "bell\x07"


@pytest.mark.parametrize("media", ["text/plain", "application/json2", "", "text/html"])
def test_other_media_types(shared, media):
    assert post(connect(shared, "acme-app", "edge"), query(), Content_Type=media)[0].status == 415
