internal import KMIP

/// A record is sealed under a key generation that stays shut: Core refuses the L3 key behind it. The record is whole, and opens again
/// only where Core opens that generation.
struct GenerationRefused: Error, CustomStringConvertible {
    let identifier: String
    let generation: UInt32
    let reason: String

    var description: String { "the record of \(identifier) is sealed under generation \(generation), which stays shut: \(reason)" }

    /// What a client may know.
    var failure: OperationFailure {
        OperationFailure(.permissionDenied, "The object is sealed under an earlier sealing key, which Core refuses to open: \(reason)")
    }
}
