internal import KMIP

/// What a client may do to one attribute of an object that exists (KMIP 1.4 §4.14 to §4.16, §11.15 to §11.17). Plain values: the
/// operations load and store.
struct AttributeChange {
    private let object: KeyObject
    private let rules: Engine.Rules
    private let now: Int64

    init(_ object: KeyObject, _ rules: Engine.Rules, at now: Int64) throws(OperationFailure) {
        guard !object.isDestroyed else { throw OperationFailure(.permissionDenied, "The object is destroyed") }
        self.object = object
        self.rules = rules
        self.now = now
    }

    /// The object with one more instance, and that instance with its index.
    /// - Throws: *Permission Denied* for what is the server's; *Illegal Operation* for what is there; *Index Out of Bounds*; *Invalid
    ///   Field* for a value that does not fit.
    func adding(_ name: AttributeName, _ sent: AttributeValue) throws(OperationFailure) -> (KeyObject, Attribute) {
        let definition = AttributeDefinition.of(name)
        if let definition {
            guard definition.origin == .client || name == .originalCreationDate else { throw Self.readOnly(name) }
        } else {
            guard name.isClientMade else { throw Self.readOnly(name) }
        }
        try checkApplies(name)
        try DateRules.checkChange(name, of: object, at: now)
        var value = try AttributeForm.checked(sent, of: name)
        if name == .usageLimits, let limits = UsageLimits(value) { value = limits.unused.attributeValue }
        let present = AttributeView(object, version: .v1_4, now: now).instances(of: name)
        var attributes = object.attributes
        if definition?.isMultiInstance ?? true {
            guard !present.contains(where: { $0.value == value }) else {
                throw OperationFailure(.illegalOperation, "The object has this value of the attribute \(name) already")
            }
            guard present.count < AttributeForm.maximumInstances,
                attributes.entries.count < AttributeIntake.maximumAttributes * 2
            else { throw OperationFailure(.indexOutOfBounds, "The object takes no more instances of the attribute \(name)") }
            attributes.add(name, value)
        } else {
            guard present.isEmpty else { throw OperationFailure(.illegalOperation, "The object has the attribute \(name) already") }
            attributes.set(name, value)
        }
        try DateRules.checkOrder(attributes)
        let added = attributes.all(name).last ?? Attribute(name, index: 0, value)
        return (object.changed(attributes, now: now), added)
    }

    /// The object with another value of one instance, and that instance.
    /// - Throws: *Invalid Field* where it has none of that name; *Item Not Found* for an index that it does not have; *Permission
    ///   Denied* for what is the server's, or fixed by now.
    func modifying(_ name: AttributeName, index: Int32, _ sent: AttributeValue) throws(OperationFailure) -> (KeyObject, Attribute) {
        let definition = AttributeDefinition.of(name)
        guard definition?.isModifiable ?? !(name == .level || name.rawValue.hasPrefix("y-")) else { throw Self.readOnly(name) }
        let present = AttributeView(object, version: .v1_4, now: now).instances(of: name)
        guard !present.isEmpty else { throw OperationFailure(.invalidField, "The object does not have the attribute \(name)") }
        guard present.contains(where: { ($0.index ?? 0) == index }) else { throw Self.noInstance(name, index) }
        try DateRules.checkChange(name, of: object, at: now)
        var value = try AttributeForm.checked(sent, of: name)
        guard !present.contains(where: { $0.value == value && ($0.index ?? 0) != index }) else {
            throw OperationFailure(.illegalOperation, "Another instance of the attribute \(name) has this value")
        }
        if name == .usageLimits {
            try checkUnused()
            if let limits = UsageLimits(value) { value = limits.unused.attributeValue }
        }
        var attributes = object.attributes
        try keepHistory(name, value, &attributes)
        attributes.replace(name, index: index, value)
        try DateRules.checkOrder(attributes)
        return (object.changed(attributes, now: now), Attribute(name, index: index, value))
    }

    /// The object without one instance, and that instance as it was.
    /// - Throws: *Item Not Found* where it does not have it; *Permission Denied* for what has to stay.
    func deleting(_ name: AttributeName, index: Int32) throws(OperationFailure) -> (KeyObject, Attribute) {
        let definition = AttributeDefinition.of(name)
        guard definition?.isDeletable ?? !(name == .level || name.rawValue.hasPrefix("y-")) else { throw Self.readOnly(name) }
        guard let present = object.attributes.all(name).first(where: { ($0.index ?? 0) == index }) else { throw Self.noInstance(name, index) }
        if name == .usageLimits { try checkUnused() }
        var attributes = object.attributes
        attributes.remove(name, index: index)
        return (object.changed(attributes, now: now), present)
    }

    // MARK: Rules

    private static func readOnly(_ name: AttributeName) -> OperationFailure {
        OperationFailure(.permissionDenied, "The attribute \(name) is not for clients to change")
    }

    private static func noInstance(_ name: AttributeName, _ index: Int32) -> OperationFailure {
        OperationFailure(.itemNotFound, "The object does not have the attribute \(name) with index \(index)")
    }

    private func checkApplies(_ name: AttributeName) throws(OperationFailure) {
        let applies: Bool
        switch name {
        case .usageLimits, .processStartDate, .protectStopDate:
            applies = [.symmetricKey, .publicKey, .privateKey, .splitKey, .template].contains(object.objectType)
        case .keyValueLocation:
            applies = [.symmetricKey, .privateKey, .splitKey, .secretData].contains(object.objectType)
        default: applies = true
        }
        guard applies else { throw OperationFailure(.permissionDenied, "Objects of this type do not have the attribute \(name)") }
    }

    /// Once something was counted the limits stay (KMIP 1.4 §3.21).
    private func checkUnused() throws(OperationFailure) {
        if let limits = object.rules.usageLimits, limits.count != limits.total {
            throw OperationFailure(.permissionDenied, "The Usage Limits were drawn on already, and stay")
        }
    }

    /// Sensitive and Extractable may change either way; what once was is remembered (KMIP 1.4 §3.48 to §3.51).
    private func keepHistory(_ name: AttributeName, _ value: AttributeValue, _ attributes: inout AttributeSet) throws(OperationFailure) {
        guard name == .sensitive || name == .extractable else { return }
        guard !rules.keysNeverLeave else {
            throw OperationFailure(.permissionDenied, "Objects of this server are Sensitive and not Extractable, and stay so")
        }
        if name == .sensitive, value == .boolean(false) { attributes.set(.alwaysSensitive, .boolean(false)) }
        if name == .extractable, value == .boolean(true) { attributes.set(.neverExtractable, .boolean(false)) }
    }
}
