public import KMIP
public import NIOCore

/// One operation of KMIP, read and ready to be done: a type of its own, in a file of its own, registered in ``OperationTable``.
///
/// How an operation is added:
/// 1. `Sources/KMIP/Operations/X.swift`: `XRequest` and `XResponse`, the payloads.
/// 2. `Sources/KCMEngine/Operations/X.swift`: `struct X` that conforms to the protocol that says how it is done:
///    - ``ObjectOperation``: reads one object, in memory or loaded for it; nothing is written.
///    - ``KeyUsingOperation``: uses a key. State, dates, usage mask and usage limits are checked, and charged, before the answer leaves.
///    - ``ServerOperation``: needs no object, never waits.
///    - `ServedOperation` itself: all that stores, searches or computes for long; write ``perform(in:_:)`` and leave
///      ``performNow(in:_:to:)`` as it is. `Engine.change` loads, changes and stores one object; `ObjectRepository.apply` several at once.
/// 3. A line in ``OperationTable/standard``: reading and Query follow.
/// 4. `KCMAccess/Policy+BuiltIn.swift`: which roles may do it; nobody may until then.
/// 5. `CoreMode.route` and `EdgeMode.route` only where a level is to be treated otherwise than by default.
public protocol ServedOperation: Sendable {
    associatedtype Request: RequestPayload

    /// What was asked.
    var request: Request { get }

    init(_ request: Request)

    /// What the request is aimed at; decides level and route before anything is looked up.
    var target: OperationTarget { get }

    /// Does the operation at once, on the caller's event loop: no store, no other daemon, no long computation.
    ///
    /// Writes the items of the Response Payload to `writer`.
    /// - Returns: `nil` where it has to wait for something: then nothing was written, and ``perform(in:_:)`` is to be called.
    /// - Throws: the failure that the client gets; `writer` may hold a part then, which the caller drops.
    func performNow(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace?

    /// Does the operation, in a task.
    /// - Returns: the items of the Response Payload and what was done.
    /// - Throws: the failure that the client gets.
    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult
}

extension ServedOperation {
    /// Most operations have to wait for the store.
    public func performNow(
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? { nil }
}

/// What a request is aimed at.
public enum OperationTarget: Sendable, Hashable {
    /// An object that exists or not: the identifier as sent, or `nil` for the ID Placeholder.
    case object(String?)
    /// An object to be made: the level asked for in `x-OpenKCM-Level`, as sent.
    case new(level: String?, ObjectType)
    /// Objects to be searched.
    case search(level: String?)
    /// The server itself.
    case server

    /// The level that attributes ask for; an empty text, which is no level, where it is not of type Text String.
    static func level(_ attributes: [Attribute]) -> String? {
        for attribute in attributes where attribute.name == .level {
            guard case .text(let level)? = attribute.value else { return "" }
            return level
        }
        return nil
    }
}

/// What an operation gives back.
public struct OperationResult: Sendable {
    /// The items of the Response Payload.
    public let payload: ByteBuffer
    public let trace: OperationTrace

    /// Writes a payload into a buffer of its own, with room before it for what a response message has there.
    init(_ body: (inout TTLVWriter) throws(OperationFailure) -> OperationTrace) throws(OperationFailure) {
        var writer = TTLVWriter(headroom: ResponseBatchItem.headroom)
        trace = try body(&writer)
        payload = writer.buffer
    }

    /// A payload of one object's Unique Identifier: how most changes are acknowledged.
    init(_ object: KeyObject) {
        var writer = TTLVWriter()
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        payload = writer.buffer
        trace = OperationTrace(object)
    }

    /// The same for an object that was made, and becomes the ID Placeholder.
    init(made object: KeyObject) {
        var writer = TTLVWriter()
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        payload = writer.buffer
        trace = OperationTrace(made: object)
    }
}
