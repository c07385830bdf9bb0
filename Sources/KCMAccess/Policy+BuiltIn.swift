internal import KMIP

extension Policy {
    private static let lifecycle: Set<KMIP.Operation> = [
        .create, .register, .locate, .check, .getAttributes, .getAttributeList, .addAttribute, .modifyAttribute, .deleteAttribute,
        .obtainLease, .getUsageAllocation, .activate, .revoke, .destroy, .archive, .recover, .createKeyPair, .reKey, .reKeyKeyPair, .deriveKey,
        .certify, .reCertify, .createSplitKey, .joinSplitKey,
    ]
    /// What is passed on to Core, too.
    private static let use: Set<KMIP.Operation> = [.encrypt, .decrypt]
    /// Whoever may encrypt with the keys that are here may sign and authenticate with them.
    private static let services = use.union(keyless).union([.sign, .signatureVerify, .mac, .macVerify])

    /// The built-in roles of the design.
    public static let builtIn: [Rule] = [
        Rule(name: "service-l4", role: .service, operations: lifecycle.union(services).union([.get]), levels: [.l4], scope: [.edge]),
        Rule(name: "service-l3-use", role: .service, operations: use, levels: [.l3], scope: [.edge, .corePropagated]),
        // Get is granted so that the answer is the object's own: Sensitive, never its value.
        Rule(
            name: "tenant-admin",
            role: .tenantAdmin,
            operations: lifecycle.union(services).union([.get]),
            levels: [.l2, .l3],
            scope: [.coreDirect]
        ),
        Rule(name: "edge-sealing", role: .edge, operations: use.union([.locate]), levels: [.l3], scope: [.coreDirect]),
        Rule(
            name: "auditor-edge",
            role: .auditor,
            operations: [.locate, .getAttributes, .getAttributeList],
            levels: [.l4],
            scope: [.edge]
        ),
        Rule(
            name: "auditor-core",
            role: .auditor,
            operations: [.locate, .getAttributes, .getAttributeList],
            levels: [.l2, .l3],
            scope: [.coreDirect]
        ),
    ]
}
