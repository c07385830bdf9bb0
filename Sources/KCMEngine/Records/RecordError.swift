/// A record that is not what this service wrote. For logs: a client gets *General Failure*.
enum RecordError: Error, CustomStringConvertible {
    /// The bytes are no record of this format.
    case malformed(String)
    /// The seal does not hold, or the halves do not belong together: edited, moved or swapped in the store.
    case altered(String)
    /// Sealed under a key generation that the tenant does not have.
    case unknownGeneration(String, UInt32)

    var description: String {
        switch self {
        case .malformed(let identifier): "the record of \(identifier) is not of a format that this version reads"
        case .altered(let identifier): "the record of \(identifier) was changed in the store: its seal does not hold"
        case .unknownGeneration(let identifier, let generation):
            "the record of \(identifier) is sealed under generation \(generation), which the tenant's keys do not have"
        }
    }
}
