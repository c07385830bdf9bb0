public import KCMEngine
public import KMIP
internal import NIOCore

/// Edge: L4 objects, sealed; Encrypt and Decrypt on L3 are Core's to answer; all else on L2 and L3 is refused (design §2).
public struct EdgeMode: KeyMode {
    public let engine: Engine
    private let core: any CoreService
    public var name: String { "edge" }

    public init(repository: ObjectRepository, core: any CoreService) {
        engine = Engine(
            repository: repository,
            rules: Engine.Rules(homeLevel: .l4, keysNeverLeave: false, vendorIdentification: "OpenKCM Crypto Service (Edge)")
        )
        self.core = core
    }

    public func route(_ operation: KMIP.Operation, level: Level) -> Route { Self.route(operation, level: level) }

    /// The same, for tools that explain it.
    public static func route(_ operation: KMIP.Operation, level: Level) -> Route {
        switch (level, operation) {
        case (.l4, _): .local
        case (.l3, .encrypt), (.l3, .decrypt): .delegated
        default: .refused(OperationFailure(.permissionDenied, "Edge holds L4 objects only; L3 keys can be used for Encrypt and Decrypt"))
        }
    }

    public func delegate(_ item: RequestBatchItem, _ delegation: Delegation) async throws(OperationFailure) -> ResponseBatchItem {
        var asked = item
        asked.uniqueBatchItemID = nil
        let message = RequestMessage(header: RequestHeader(protocolVersion: delegation.version), items: [asked])
        let answer: ByteBuffer
        do throws(CoreFailure) {
            answer = try await core.send(
                message.frame,
                clientChain: delegation.clientChain,
                tenant: nil,
                traceparent: delegation.traceparent
            )
        } catch {
            InternalFailure.report(error)
            throw OperationFailure(.generalFailure, error.clientMessage, rule: error.rule)
        }
        guard let response = try? ResponseMessage(frame: answer), response.items.count == 1 else {
            let failure = CoreFailure(.badAnswer, "Core's answer to a delegated \(item.operation) is not a KMIP response of one item")
            InternalFailure.report(failure)
            throw OperationFailure(.generalFailure, failure.clientMessage, rule: failure.rule)
        }
        var result = response.items[0]
        result.operation = item.operation
        result.uniqueBatchItemID = item.uniqueBatchItemID
        return result
    }
}
