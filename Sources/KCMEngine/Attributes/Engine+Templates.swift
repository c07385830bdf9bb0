internal import KCMCrypto
internal import KCMStore
internal import KMIP
internal import NIOCore

extension Engine {
    /// The attributes for a new object: those of the templates that are named, and those that are sent, which go before (KMIP 1.4
    /// §2.1.8).
    /// - Throws: *Item Not Found* for a template that does not exist; *Permission Denied* for another level than the one that was
    ///   authorised, wherever it is asked for; else as ``AttributeIntake/take(_:)``.
    func take(_ template: TemplateAttribute, in context: OperationContext) async throws(OperationFailure) -> AttributeSet {
        guard !template.names.isEmpty else { return try take(template.attributes, context) }
        guard template.names.count <= AttributeForm.maximumInstances else {
            throw OperationFailure(.indexOutOfBounds, "The request names too many templates")
        }
        var attributes = template.attributes
        for name in template.names where attributes.count <= AttributeIntake.maximumAttributes {
            for attribute in try await content(ofTemplate: name, in: context) {
                // Whatever the request or a template before it states goes before.
                if attribute.name != .name, !attributes.contains(where: { $0.name == attribute.name && isSame($0, attribute) }) {
                    attributes.append(attribute)
                }
            }
        }
        return try take(attributes, context)
    }

    /// The level was decided before anything was looked up; a second one, or one out of a template, is not to be passed over in silence.
    private func take(_ attributes: [Attribute], _ context: OperationContext) throws(OperationFailure) -> AttributeSet {
        for attribute in attributes where attribute.name == .level && attribute.value != .text(context.level.name) {
            throw OperationFailure(.permissionDenied, "The object would be of the level \(context.level.name), not of the one asked for")
        }
        return try AttributeIntake.take(attributes)
    }

    /// Whether an attribute takes the place of another one: always for those of one instance.
    private func isSame(_ one: Attribute, _ other: Attribute) -> Bool {
        guard AttributeDefinition.of(one.name)?.isMultiInstance ?? true else { return true }
        return one.value == other.value
    }

    private func content(ofTemplate name: String, in context: OperationContext) async throws(OperationFailure) -> [Attribute] {
        try await guarding { () async throws in
            guard let identifier = try await self.repository.identifier(named: name, of: context.tenant),
                let object = try await self.repository.load(identifier, of: context.tenant), object.objectType == .template,
                let material = object.material
            else { throw OperationFailure(.itemNotFound, "No template of this name exists") }
            try context.require(object.objectType, object.attributes)
            try KeyUse.requireOnLine(object)
            var reader = TTLVReader(items: material.key.bytes.withUnsafeBytes { ByteBuffer(bytes: $0) })
            var attributes: [Attribute] = []
            while let item = try reader.next() {
                var fields = try reader.structure(item)
                attributes.append(try Attribute(from: &fields))
            }
            return attributes
        }
    }
}

extension ObjectRepository {
    /// Who holds a name.
    func identifier(named name: String, of tenant: String) async throws -> String? {
        let value = Name(name).attributeValue
        if let holder = staging?.holder(of: value) { return holder.uniqueIdentifier }
        guard let holder = try await storedHolder(of: name, of: tenant) else { return nil }
        return staging?.hasGivenUp(value, holder) == true ? nil : holder
    }

    /// Who holds a name in the store.
    func storedHolder(of name: String, of tenant: String) async throws -> String? {
        let keys = try await keyring.keys(of: tenant)
        let blinded = try IndexedAttributes.blind(.name, Name(name).attributeValue, with: keys)
        let entry = try await store.get(RecordKey.name(blinded), in: Namespace(tenant))
        return entry.map { String(decoding: $0.value, as: UTF8.self) }
    }
}
