public import KMIP

/// What makes a daemon Core or Edge: which levels it serves itself, which it passes on, which it refuses (design §2).
public protocol KeyMode: Sendable {
    /// `core` or `edge`, as the configuration and the audit log name it.
    var name: String { get }
    var engine: Engine { get }

    /// Decides by level alone, before anything is looked up.
    /// - Parameter level: of the object asked for, made or searched.
    func route(_ operation: KMIP.Operation, level: Level) -> Route

    /// Has another daemon answer an item that ``route(_:level:)`` delegates.
    /// - Parameters:
    ///   - item: as the client sent it.
    ///   - delegation: who asks and under which trace.
    /// - Returns: the other side's answer with its status, reason, message and payload unchanged.
    /// - Throws: *General Failure* with a message that says how the other side could not be reached.
    func delegate(_ item: RequestBatchItem, _ delegation: Delegation) async throws(OperationFailure) -> ResponseBatchItem
}

/// Where an operation is done.
public enum Route: Sendable {
    case local
    case delegated
    case refused(OperationFailure)
}

/// What travels with a delegated item.
public struct Delegation: Sendable {
    /// The version that the client speaks.
    public let version: ProtocolVersion
    /// The client's verified chain as DER, leaf first.
    public let clientChain: [[UInt8]]
    /// W3C Trace Context, for the other side's audit record.
    public let traceparent: String

    public init(version: ProtocolVersion, clientChain: [[UInt8]], traceparent: String) {
        self.version = version
        self.clientChain = clientChain
        self.traceparent = traceparent
    }
}
