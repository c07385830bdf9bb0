internal import KCMStore
public import KMIP

extension Engine {
    /// True where an object of the tenant has this name, or had it: also when it is revoked, or destroyed since.
    ///
    /// Two look-ups. In a store of before names were remembered, one walk over the tenant's objects, once.
    public func hasEverHad(name: String, in context: OperationContext) async throws(OperationFailure) -> Bool {
        try await guarding { () async throws in
            let repository = self.repository
            let keys = try await repository.keyring.keys(of: context.tenant)
            let blinded = try IndexedAttributes.blind(.name, Name(name).attributeValue, with: keys)
            // The holder first: a name that is given back between the two is remembered by then.
            for key in [RecordKey.name(blinded), RecordKey.formerName(blinded)] {
                if try await repository.store.get(key, in: Namespace(context.tenant)) != nil { return true }
            }
            if try await repository.directory.index(for: keys, in: repository.store).isWhole { return false }
            // Destroyed objects give their name back but keep their attributes.
            var found = false
            try await repository.walk(keys: keys) { object in
                if object.attributes.names.contains(where: { $0.value == name }) { found = true }
                return true
            }
            return found
        }
    }
}
