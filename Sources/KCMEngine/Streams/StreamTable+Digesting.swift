internal import KMIP
internal import NIOCore

extension StreamTable {
    /// What a request that only takes data in comes to.
    enum Outcome<Work> {
        /// The message is complete; the result is the work's to give.
        case complete(Work)
        /// More parts are to come, with this Correlation Value.
        case goesOn(ByteBuffer)
    }

    /// Takes a message, or a part of one, for an operation that gives nothing out before the end.
    /// - Parameter begin: makes the work for a message that begins.
    /// - Throws: *Invalid Message* where a whole message has no Data; as ``begin(_:_:bytes:)`` and ``next(_:_:bytes:isLast:_:)``.
    func digest<Work: DigestingWork>(
        _ step: StreamStep,
        _ data: ByteBuffer?,
        _ binding: Binding,
        begin: () throws(OperationFailure) -> Work
    ) throws(OperationFailure) -> Outcome<Work> {
        switch step {
        case .whole:
            guard let data else { throw OperationFailure(.invalidMessage, "Data is missing") }
            let work = try begin()
            try work.update(data)
            return .complete(work)
        case .begin:
            let work = try begin()
            if let data { try work.update(data) }
            return .goesOn(try self.begin(work, binding, bytes: data?.readableBytes ?? 0))
        case .next(let correlation, let isLast):
            return try next(correlation, binding, bytes: data?.readableBytes ?? 0, isLast: isLast) { (work) throws(OperationFailure) in
                // The binding names the operation, and an operation has one kind of work.
                guard let work = work as? Work else { throw Self.unknown }
                if let data { try work.update(data) }
                return isLast ? .complete(work) : .goesOn(correlation)
            }
        }
    }
}
