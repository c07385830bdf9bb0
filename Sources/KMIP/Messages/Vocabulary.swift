/// What one version of the protocol has words for: tags, enumeration values and attributes, each with the version that brought it
/// (the `since` of the generated tables and of ``AttributeDefinition``).
///
/// The one place where versions differ on the wire. A payload is written in the newest vocabulary and then held to that of its
/// message, so that no operation has to think of older versions. For the newest version nothing is looked at.
public struct Vocabulary: Sendable {
    /// The version whose words these are.
    public let version: ProtocolVersion

    public init(_ version: ProtocolVersion) { self.version = version }

    /// Nothing of KMIP 1.0 to 1.4 is newer.
    var isNewest: Bool { version >= .v1_4 }

    // MARK: What the tables say

    func knows(_ tag: Tag) -> Bool { (tag.since ?? .v1_0) <= version }

    /// Vendor and unknown values are not the standard's to date, and pass.
    func knows(_ value: UInt32, of tag: Tag) -> Bool { (EnumerationTable.since(tag: tag, value: value) ?? .v1_0) <= version }

    func knows(_ name: AttributeName) -> Bool { (AttributeDefinition.of(name)?.since ?? .v1_0) <= version }

    /// Fields that a structure got later than their tags came. The Key Format Type of a Digest, of KMIP 1.1, is not among them:
    /// PyKMIP reads no Digest without one, whatever the version.
    func knows(_ field: Tag, in structure: Tag) -> Bool {
        switch (structure, field) {
        case (.cryptographicParameters, .cryptographicAlgorithm), (.cryptographicParameters, .digitalSignatureAlgorithm): version >= .v1_2
        default: knows(field)
        }
    }

    /// A Result Reason that the version has: `reason`, or the one that stood for it before it came (KMIP 1.4 §9.1.3.2.29).
    public func reason(_ reason: ResultReason) -> ResultReason {
        guard !isNewest, let since = reason.since, since > version else { return reason }
        switch reason {
        case .encodingOptionError, .objectAlreadyExists: return .invalidField
        case .keyValueNotPresent: return .illegalOperation
        default: return .permissionDenied
        }
    }
}
