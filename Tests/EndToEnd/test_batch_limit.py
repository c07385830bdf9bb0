"""More items in a message than `limits.batch`: refused whole, with one record."""

import json

import ttlv


def create(name):
    """What makes an AES key of this Name, as an item of a batch."""
    attributes = [
        ttlv.attribute("Cryptographic Algorithm", ttlv.enumeration("AttributeValue", ttlv.AES)),
        ttlv.attribute("Cryptographic Length", ttlv.integer("AttributeValue", 256)),
        ttlv.attribute("Cryptographic Usage Mask", ttlv.integer("AttributeValue", ttlv.ENCRYPT | ttlv.DECRYPT)),
        ttlv.name_attribute(name),
    ]
    return ("Create", [ttlv.enumeration("ObjectType", 2), ttlv.structure("TemplateAttribute", *attributes)])


def test_a_batch_over_the_limit_is_refused_whole(own):
    own.edge.config.write_text(own.edge.config.read_text() + "limits: {batch: 3}\n")
    own.start()
    with own.client("acme-app") as app:
        made = app.batch(*[create(f"made-{number}") for number in range(3)])
        assert len(made) == 3 and all(one.ok for one in made), made
        before = len(own.audit_lines("edge", "item", "intent"))
        refused = app.batch(*[create(f"never-{number}") for number in range(4)])
        # The message is refused before its items are read, so there is one answer and one record.
        assert [one.reason for one in refused] == ["InvalidMessage"], refused
        assert "limit of 3" in refused[0].message
        records = own.audit_lines("edge", "item", "intent")[before:]
        assert [(one["kind"], one["status"], one["reason"]) for one in records] == [("item", "OperationFailed", "InvalidMessage")], json.dumps(records)
        assert records[0]["subject"] == own.audit_records("edge")[-2]["subject"]
        # The connection goes on, and no item of the message was done.
        for number in range(3):
            found = [app.locate(name=f"{word}-{number}") for word in ("made", "never")]
            assert all(one.ok for one in found) and [len(one.identifiers) for one in found] == [1, 0]
    assert own.verify_audit("edge").returncode == 0
