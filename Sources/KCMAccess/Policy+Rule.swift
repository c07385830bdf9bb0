public import KMIP

extension Policy {
    /// Grants operations at levels to a role.
    public struct Rule: Sendable, Hashable {
        /// What audit records and explanations call it.
        public let name: String
        public let role: Role
        public let operations: Set<KMIP.Operation>
        public let levels: Set<Level>
        /// In which mode and over which route it holds.
        public let scope: Set<Scope>
        /// What the objects have to be.
        public let restriction: Restriction

        public init(
            name: String,
            role: Role,
            operations: Set<KMIP.Operation>,
            levels: Set<Level>,
            scope: Set<Scope>,
            restriction: Restriction = Restriction()
        ) {
            self.name = name
            self.role = role
            self.operations = operations
            self.levels = levels
            self.scope = scope
            self.restriction = restriction
        }
    }

    /// What an object has to be for a rule to hold: every object that the operation makes, reads, uses or changes.
    public struct Restriction: Sendable, Hashable {
        /// Empty: of any type.
        public let types: Set<ObjectType>
        /// Empty: of any name, or none. Else the object has a name, and each of its names starts with one of these.
        public let namePrefixes: [String]

        public init(types: Set<ObjectType> = [], namePrefixes: [String] = []) {
            self.types = types
            self.namePrefixes = namePrefixes
        }

        public var isEmpty: Bool { types.isEmpty && namePrefixes.isEmpty }

        /// - Parameter type: `nil` where it is not known: then only a restriction that asks for none is met.
        public func permits(type: ObjectType?, names: [String]) -> Bool {
            guard types.isEmpty || type.map(types.contains) ?? false else { return false }
            // All names, not just one: or a name in somebody else's range could be put on an object of one's own.
            return namePrefixes.isEmpty || !names.isEmpty && names.allSatisfy { name in namePrefixes.contains { name.hasPrefix($0) } }
        }
    }
}
