internal import KCMStore
public import KMIP

extension Engine {
    /// True where an object of the tenant has this name, or had it: also when it is revoked, or destroyed since.
    public func hasEverHad(name: String, in context: OperationContext) async throws(OperationFailure) -> Bool {
        try await guarding { () async throws in
            let keys = try await self.repository.keyring.keys(of: context.tenant)
            let blinded = try IndexedAttributes.blind(.name, Name(name).attributeValue, with: keys)
            if try await self.repository.store.get(RecordKey.name(blinded), in: Namespace(context.tenant)) != nil { return true }
            // Destroyed objects give their name back but keep their attributes.
            var found = false
            try await self.repository.search([], level: context.level, of: context.tenant) { object in
                found = object.attributes.names.contains { $0.value == name }
                return !found
            }
            return found
        }
    }
}
