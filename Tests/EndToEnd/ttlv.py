"""A tiny KMIP client: TTLV (KMIP 1.4 section 9.1) and a TLS socket, for what PyKMIP cannot say.

An item is `(tag name, type, value)`; `structure`, `integer` and the others below make one. `Item` is what comes back.
"""

import socket
import ssl
import struct

TAGS = {
    "ActivationDate": 0x420001,
    "Attribute": 0x420008,
    "AttributeIndex": 0x420009,
    "AttributeName": 0x42000A,
    "AttributeValue": 0x42000B,
    "Authentication": 0x42000C,
    "BatchCount": 0x42000D,
    "BatchErrorContinuationOption": 0x42000E,
    "BatchItem": 0x42000F,
    "BatchOrderOption": 0x420010,
    "BlockCipherMode": 0x420011,
    "CompromiseOccurrenceDate": 0x420021,
    "Credential": 0x420023,
    "CredentialType": 0x420024,
    "CredentialValue": 0x420025,
    "CryptographicAlgorithm": 0x420028,
    "CryptographicLength": 0x42002A,
    "CryptographicParameters": 0x42002B,
    "CryptographicUsageMask": 0x42002C,
    "IVCounterNonce": 0x42003D,
    "KeyBlock": 0x420040,
    "KeyFormatType": 0x420042,
    "KeyMaterial": 0x420043,
    "KeyValue": 0x420045,
    "MaximumItems": 0x42004F,
    "MaximumResponseSize": 0x420050,
    "Name": 0x420053,
    "NameType": 0x420054,
    "NameValue": 0x420055,
    "ObjectType": 0x420057,
    "OpaqueDataType": 0x420059,
    "OpaqueDataValue": 0x42005A,
    "OpaqueObject": 0x42005B,
    "Operation": 0x42005C,
    "PaddingMethod": 0x42005F,
    "ProtocolVersion": 0x420069,
    "ProtocolVersionMajor": 0x42006A,
    "ProtocolVersionMinor": 0x42006B,
    "QueryFunction": 0x420074,
    "RequestHeader": 0x420077,
    "RequestMessage": 0x420078,
    "RequestPayload": 0x420079,
    "ResponseHeader": 0x42007A,
    "ResponseMessage": 0x42007B,
    "ResponsePayload": 0x42007C,
    "ResultMessage": 0x42007D,
    "ResultReason": 0x42007E,
    "ResultStatus": 0x42007F,
    "RevocationMessage": 0x420080,
    "RevocationReason": 0x420081,
    "RevocationReasonCode": 0x420082,
    "SecretData": 0x420085,
    "SecretDataType": 0x420086,
    "SymmetricKey": 0x42008F,
    "TemplateAttribute": 0x420091,
    "TimeStamp": 0x420092,
    "UniqueBatchItemID": 0x420093,
    "UniqueIdentifier": 0x420094,
    "Username": 0x420099,
    "Password": 0x4200A1,
    "Data": 0x4200C2,
    "RandomIV": 0x4200C5,
    "TagLength": 0x4200CE,
    "OffsetItems": 0x4200D4,
    "LocatedItems": 0x4200D5,
    "AuthenticatedEncryptionAdditionalData": 0x4200FE,
    "AuthenticatedEncryptionTag": 0x4200FF,
}
NAMES = {number: name for name, number in TAGS.items()}

STRUCTURE, INTEGER, LONG, BIG, ENUMERATION, BOOLEAN, TEXT, BYTES, DATE, INTERVAL = range(1, 11)

OPERATIONS = {
    "Create": 1, "Register": 3, "Locate": 8, "Get": 10, "GetAttributes": 11, "GetAttributeList": 12, "Activate": 18,
    "Revoke": 19, "Destroy": 20, "Query": 24, "DiscoverVersions": 30, "Encrypt": 31, "Decrypt": 32,
}
REASONS = {
    1: "ItemNotFound", 2: "ResponseTooLarge", 3: "AuthenticationNotSuccessful", 4: "InvalidMessage", 5: "OperationNotSupported",
    6: "MissingData", 7: "InvalidField", 8: "FeatureNotSupported", 10: "CryptographicFailure", 11: "IllegalOperation",
    12: "PermissionDenied", 22: "Sensitive", 23: "NotExtractable", 256: "GeneralFailure",
}
CBC, GCM = 1, 9
PKCS5 = 3
AES = 3
ENCRYPT, DECRYPT, WRAP, UNWRAP = 4, 8, 16, 32


def structure(tag, *children):
    """Children that are None are left out."""
    return (tag, STRUCTURE, [child for child in children if child is not None])


def integer(tag, value):
    return (tag, INTEGER, value)


def enumeration(tag, value):
    return (tag, ENUMERATION, value)


def boolean(tag, value):
    return (tag, BOOLEAN, value)


def text(tag, value):
    return (tag, TEXT, value)


def octets(tag, value):
    return (tag, BYTES, value)


def encode(item):
    """The bytes of an item and all inside it."""
    tag, kind, value = item
    number = TAGS[tag] if isinstance(tag, str) else tag
    if kind == STRUCTURE:
        body = b"".join(encode(child) for child in value)
    elif kind == INTEGER:
        body = struct.pack(">i", value)
    elif kind in (ENUMERATION, INTERVAL):
        body = struct.pack(">I", value)
    elif kind in (LONG, DATE):
        body = struct.pack(">q", value)
    elif kind == BOOLEAN:
        body = struct.pack(">Q", int(value))
    elif kind == TEXT:
        body = value.encode()
    else:
        body = bytes(value)
    head = struct.pack(">I", number)[1:] + bytes([kind]) + struct.pack(">I", len(body))
    return head + body + b"\0" * (-len(body) % 8)


class Item:
    """A decoded item: `tag` is the standard's name or the number, `value` a list of items for a structure."""

    def __init__(self, tag, kind, value):
        self.tag, self.kind, self.value = tag, kind, value

    def all(self, tag):
        return [child for child in self.value if child.tag == tag]

    def child(self, *path):
        """The first item down a path of tags, or None."""
        item = self
        for tag in path:
            found = item.all(tag)
            if not found:
                return None
            item = found[0]
        return item

    def get(self, *path):
        """The value of the first item down a path of tags, or None."""
        item = self.child(*path)
        return None if item is None else item.value


def decode(data):
    """One item from the whole of `data`; raises ValueError where the bytes are not well-formed TTLV."""
    item, rest = _decode(data)
    if rest:
        raise ValueError(f"{len(rest)} bytes after the message")
    return item


def _decode(data):
    if len(data) < 8:
        raise ValueError("a header is cut off")
    number, kind, length = int.from_bytes(data[:3], "big"), data[3], int.from_bytes(data[4:8], "big")
    end = 8 + length + (-length % 8)
    body = data[8 : 8 + length]
    if len(data) < end:
        raise ValueError("a value is cut off")
    if any(data[8 + length : end]):
        raise ValueError("the padding is not zero")
    if kind == STRUCTURE:
        value = []
        while body:
            child, body = _decode(body)
            value.append(child)
    elif kind == INTEGER:
        value = struct.unpack(">i", body)[0]
    elif kind in (ENUMERATION, INTERVAL):
        value = struct.unpack(">I", body)[0]
    elif kind in (LONG, DATE):
        value = struct.unpack(">q", body)[0]
    elif kind == BOOLEAN:
        value = bool(struct.unpack(">Q", body)[0])
    elif kind == TEXT:
        value = body.decode()
    elif kind in (BYTES, BIG):
        value = body
    else:
        raise ValueError(f"type {kind} is none of KMIP 1.4")
    return Item(NAMES.get(number, number), kind, value), data[end:]


def attribute(name, item):
    """A KMIP 1.x Attribute; `item` is made with the tag AttributeValue."""
    return structure("Attribute", text("AttributeName", name), item)


def name_attribute(value):
    return attribute("Name", structure("AttributeValue", text("NameValue", value), enumeration("NameType", 1)))


def request(*items, version=(1, 4), header=()):
    """A request message. Each item is (operation name, [payload fields]); further header fields come in `header`."""
    batch = []
    for index, (operation, fields) in enumerate(items):
        number = OPERATIONS.get(operation, operation)
        batch.append(
            structure(
                "BatchItem",
                enumeration("Operation", number),
                octets("UniqueBatchItemID", bytes([index])) if len(items) > 1 else None,
                structure("RequestPayload", *fields),
            )
        )
    return encode(
        structure(
            "RequestMessage",
            structure(
                "RequestHeader",
                structure("ProtocolVersion", integer("ProtocolVersionMajor", version[0]), integer("ProtocolVersionMinor", version[1])),
                *header,
                integer("BatchCount", len(items)),
            ),
            *batch,
        )
    )


class Result:
    """One batch item of a response."""

    def __init__(self, item):
        self.ok = item.get("ResultStatus") == 0
        self.status = item.get("ResultStatus")
        reason = item.get("ResultReason")
        self.reason = None if reason is None else REASONS.get(reason, hex(reason))
        self.message = item.get("ResultMessage")
        self.payload = item.child("ResponsePayload")

    def get(self, *path):
        return None if self.payload is None else self.payload.get(*path)

    @property
    def identifier(self):
        return self.get("UniqueIdentifier")

    @property
    def identifiers(self):
        return [] if self.payload is None else [item.value for item in self.payload.all("UniqueIdentifier")]

    @property
    def failure(self):
        """What a client can tell a failure by."""
        return (self.status, self.reason, self.message)

    def __repr__(self):
        return f"Result({'Success' if self.ok else self.failure})"


class Client:
    """A mutual-TLS connection. `certificate`, `key` and `trust` are PEM files; without a certificate none is offered."""

    def __init__(self, port, certificate=None, key=None, trust=None, timeout=20):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.load_verify_locations(trust)
        if certificate:
            context.load_cert_chain(certificate, key)
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        try:
            self.socket = context.wrap_socket(plain)
        except BaseException:
            plain.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next whole response as an item; ConnectionError at its end."""
        head = self._read(8)
        length = int.from_bytes(head[4:8], "big")
        return decode(head + self._read(length))

    def _read(self, count):
        data = b""
        while len(data) < count:
            chunk = self.socket.recv(count - len(data))
            if not chunk:
                raise ConnectionError("the server closed the connection")
            data += chunk
        return data

    def batch(self, *items, **options):
        """Sends a batch and returns its results in the order of the response."""
        self.send(request(*items, **options))
        return [Result(item) for item in self.receive().all("BatchItem")]

    def call(self, operation, *fields, **options):
        """One operation; returns its result."""
        return self.batch((operation, fields), **options)[0]

    # The operations that the tests need.

    def create(self, name=None, usage=ENCRYPT | DECRYPT, level=None, length=256, **options):
        attributes = [
            attribute("Cryptographic Algorithm", enumeration("AttributeValue", AES)),
            attribute("Cryptographic Length", integer("AttributeValue", length)),
            attribute("Cryptographic Usage Mask", integer("AttributeValue", usage)),
        ]
        if name:
            attributes.append(name_attribute(name))
        if level:
            attributes.append(attribute("x-OpenKCM-Level", text("AttributeValue", level)))
        return self.call("Create", enumeration("ObjectType", 2), structure("TemplateAttribute", *attributes), **options)

    def register(self, key, name, usage=ENCRYPT | DECRYPT):
        """An AES key of these bytes."""
        block = structure(
            "KeyBlock",
            enumeration("KeyFormatType", 1),
            structure("KeyValue", octets("KeyMaterial", key)),
            enumeration("CryptographicAlgorithm", AES),
            integer("CryptographicLength", 8 * len(key)),
        )
        mask = attribute("Cryptographic Usage Mask", integer("AttributeValue", usage))
        template = structure("TemplateAttribute", mask, name_attribute(name))
        return self.call("Register", enumeration("ObjectType", 2), template, structure("SymmetricKey", block))

    def on(self, operation, identifier, *fields):
        return self.call(operation, text("UniqueIdentifier", identifier), *fields)

    def get(self, identifier):
        return self.on("Get", identifier)

    def activate(self, identifier):
        return self.on("Activate", identifier)

    def revoke(self, identifier, reason=1):
        return self.on("Revoke", identifier, structure("RevocationReason", enumeration("RevocationReasonCode", reason)))

    def destroy(self, identifier):
        return self.on("Destroy", identifier)

    def state(self, identifier):
        """The State of an object as its number."""
        return attributes(self.on("GetAttributes", identifier, text("AttributeName", "State")))["State"][0]

    def locate(self, name=None, maximum=None, offset=None):
        return self.call(
            "Locate",
            integer("MaximumItems", maximum) if maximum else None,
            integer("OffsetItems", offset) if offset else None,
            name_attribute(name) if name else None,
        )

    def encrypt(self, identifier, data, mode=GCM, padding=None, iv=None, aad=None):
        return self.on(
            "Encrypt", identifier, parameters(mode, padding, iv is None), octets("Data", data),
            octets("IVCounterNonce", iv) if iv is not None else None,
            octets("AuthenticatedEncryptionAdditionalData", aad) if aad is not None else None,
        )

    def decrypt(self, identifier, data, mode=GCM, padding=None, iv=b"", aad=None, tag=None):
        return self.on(
            "Decrypt", identifier, parameters(mode, padding, False), octets("Data", data), octets("IVCounterNonce", iv),
            octets("AuthenticatedEncryptionAdditionalData", aad) if aad is not None else None,
            octets("AuthenticatedEncryptionTag", tag) if tag is not None else None,
        )


def parameters(mode, padding=None, random_iv=False):
    return structure(
        "CryptographicParameters",
        enumeration("BlockCipherMode", mode),
        enumeration("PaddingMethod", padding) if padding else None,
        boolean("RandomIV", True) if random_iv else None,
        integer("TagLength", 16) if mode == GCM else None,
    )


def key_bytes(result):
    """The key material of a Get of a symmetric key, from its raw key block."""
    return result.get("SymmetricKey", "KeyBlock", "KeyValue", "KeyMaterial")


def attributes(result):
    """A GetAttributes answer as {name: [values]}."""
    found = {}
    for item in result.payload.all("Attribute"):
        found.setdefault(item.get("AttributeName"), []).append(item.get("AttributeValue"))
    return found
