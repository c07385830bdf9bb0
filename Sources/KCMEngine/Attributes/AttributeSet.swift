public import KMIP
internal import NIOCore

/// The attributes of one object, in the order in which they were set; instances of one name keep their index.
public struct AttributeSet: Sendable, Hashable {
    /// Every instance, each with a value and an index.
    public private(set) var entries: [Attribute]

    public init(_ entries: [Attribute] = []) { self.entries = entries }

    /// The first instance's value.
    public subscript(name: AttributeName) -> AttributeValue? { entries.first { $0.name == name }?.value }

    /// All instances of a name, by index.
    public func all(_ name: AttributeName) -> [Attribute] { entries.filter { $0.name == name } }

    /// Whether there is an instance of a name.
    public func contains(_ name: AttributeName) -> Bool { entries.contains { $0.name == name } }

    /// Replaces all instances of a name by one value, or removes them.
    public mutating func set(_ name: AttributeName, _ value: AttributeValue?) {
        if let position = entries.firstIndex(where: { $0.name == name }) {
            entries.removeAll { $0.name == name }
            if let value { entries.insert(Attribute(name, index: 0, value), at: min(position, entries.count)) }
        } else if let value {
            entries.append(Attribute(name, index: 0, value))
        }
    }

    /// Adds an instance with the next free index.
    public mutating func add(_ name: AttributeName, _ value: AttributeValue) {
        let next = (all(name).compactMap(\.index).max() ?? -1) + 1
        entries.append(Attribute(name, index: next, value))
    }

    /// Gives one instance another value; does nothing where there is none of that index.
    public mutating func replace(_ name: AttributeName, index: Int32, _ value: AttributeValue) {
        if let position = position(name, index) {
            entries[position] = Attribute(name, index: index, value)
        } else if index == 0 {
            // One that follows from the object until it is set.
            set(name, value)
        }
    }

    /// Removes one instance; the others keep their index.
    public mutating func remove(_ name: AttributeName, index: Int32) {
        if let position = position(name, index) { entries.remove(at: position) }
    }

    private func position(_ name: AttributeName, _ index: Int32) -> Int? {
        entries.firstIndex { $0.name == name && ($0.index ?? 0) == index }
    }

    // MARK: Typed reading of what the engine itself decides by

    /// Seconds since 1970 UTC.
    public func date(_ name: AttributeName) -> Int64? {
        if case .dateTime(let seconds)? = self[name] { seconds } else { nil }
    }

    /// The first instance as a value of an enumeration.
    public func enumeration<E: KMIPEnumeration>(_ name: AttributeName, as: E.Type = E.self) -> E? {
        if case .enumeration(let value)? = self[name] { E(rawValue: value) } else { nil }
    }

    public var algorithm: CryptographicAlgorithm? { enumeration(.cryptographicAlgorithm) }

    /// In bits.
    public var length: Int32? {
        if case .integer(let value)? = self[.cryptographicLength] { value } else { nil }
    }

    public var usageMask: CryptographicUsageMask? {
        if case .integer(let value)? = self[.cryptographicUsageMask] { CryptographicUsageMask(rawValue: value) } else { nil }
    }

    public var names: [Name] { all(.name).compactMap { $0.value.flatMap(Name.init) } }

    /// The first instance as a Boolean.
    public func flag(_ name: AttributeName) -> Bool? {
        if case .boolean(let value)? = self[name] { value } else { nil }
    }

    public var cryptographicParameters: CryptographicParameters? {
        guard let value = self[.cryptographicParameters] else { return nil }
        var writer = TTLVWriter()
        value.encode(as: .cryptographicParameters, to: &writer)
        guard var reader = try? TTLVReader(message: writer.buffer, tag: .cryptographicParameters) else { return nil }
        return try? CryptographicParameters(from: &reader)
    }
}
