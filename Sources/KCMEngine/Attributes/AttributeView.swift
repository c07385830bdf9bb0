internal import KMIP

/// An object's attributes as a client sees them: those stored, and those that follow from the object, in one version's vocabulary.
struct AttributeView {
    private let object: KeyObject
    private let version: ProtocolVersion
    private let now: Int64

    init(_ object: KeyObject, version: ProtocolVersion, now: Int64) {
        self.object = object
        self.version = version
        self.now = now
    }

    /// All instances of one attribute; empty where the object lacks it or the version does not know it.
    func instances(of name: AttributeName) -> [Attribute] {
        if let definition = AttributeDefinition.of(name), definition.since > version { return [] }
        if let derived = derived(name) { return [Attribute(name, derived)] }
        return object.attributes.all(name)
    }

    /// What a client gets that names no attribute: all but the level, which nobody set. Before KMIP 1.4 the server's own generator is left
    /// out too: clients in the field break on it. In 1.4 the official cases have it (SKLC-O-1, AKLC-O-1, TL-M-3).
    var unasked: [Attribute] {
        names.filter { $0 != .level }.flatMap { instances(of: $0) }.filter { attribute in
            version >= .v1_4 || attribute.name != .randomNumberGenerator || attribute.value != Engine.randomNumberGenerator.attributeValue
        }
    }

    /// The names of all attributes, standard ones in the order of the standard, then custom ones.
    var names: [AttributeName] {
        let standard = AttributeDefinition.all.map(\.name).filter { !instances(of: $0).isEmpty }
        var custom: [AttributeName] = [.level]
        for entry in object.attributes.entries where AttributeDefinition.of(entry.name) == nil && !custom.contains(entry.name) {
            custom.append(entry.name)
        }
        return standard + custom
    }

    /// Attributes that are not stored because the object says them.
    private func derived(_ name: AttributeName) -> AttributeValue? {
        switch name {
        case .uniqueIdentifier: .text(object.uniqueIdentifier)
        case .objectType: .enumeration(object.objectType.rawValue)
        case .state: object.hasState ? .enumeration(object.state(at: now).rawValue) : nil
        case .level: .text(object.level.name)
        case .leaseTime: object.objectType.isCryptographic ? .interval(Engine.leaseTime) : nil
        // Objects of before these attributes were kept.
        case .sensitive, .alwaysSensitive, .neverExtractable: object.attributes.contains(name) ? nil : .boolean(false)
        case .extractable: object.attributes.contains(name) ? nil : .boolean(true)
        default: nil
        }
    }
}

extension KeyObject {
    /// Opaque Objects and Templates have no State (KMIP 1.4 §3.22, table 84 lists cryptographic objects only); this service keeps
    /// one for every object, as clients activate and revoke opaque objects too.
    var hasState: Bool { objectType != .template }
}
