internal import CKCMPlugin
internal import KCMPluginHost
internal import Synchronization

/// An open store, called as the header has it: nothing is checked for the plugin, all that it answers is recorded.
///
/// `@unchecked Sendable`: the pointers and the table are constants; calls pass the gate of the thread model; what is collected has a lock.
final class RawStore: @unchecked Sendable {
    let instance: UnsafeMutableRawPointer
    let functions: kcm_store_functions
    let host: RawHost
    let limits: kcm_store_limits
    let gate: ThreadGate
    private let isClosed = Mutex(false)

    /// Takes over what `open` gave.
    init(_ instance: UnsafeMutableRawPointer, _ functions: kcm_store_functions, _ host: RawHost, model: UInt32) {
        self.instance = instance
        self.functions = functions
        self.host = host
        gate = ThreadGate(model: model)
        var limits = kcm_store_limits()
        limits.struct_size = UInt32(MemoryLayout<kcm_store_limits>.size)
        functions.limits?(instance, &limits)
        self.limits = limits
    }

    deinit { close() }

    /// Closes once; no call may be under way.
    func close() {
        let first = isClosed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        if first { functions.close?(instance) }
    }

    func get(_ namespace: [UInt8], _ key: [UInt8]) -> ValueAnswer {
        let bytes = HostBytes()
        let (error, sink) = (ErrorField(), SinkRecord())
        let (name, key) = (bytes.copy(namespace), bytes.copy(key))
        var answer = ValueAnswer()
        answer.code = gate.read {
            functions.get?(instance, name, key, SinkRecord.value, Unmanaged.passUnretained(sink).toOpaque(), error.pointer) ?? KCM_FAILED
        }
        answer.fill(sink, error)
        return answer
    }

    /// Commits a group.
    func commit(_ batches: [Batch]) -> CommitAnswer {
        let bytes = HostBytes()
        let error = ErrorField()
        let list = bytes.array(
            batches.map { batch in
                let writes = batch.writes.map { write in
                    kcm_write(
                        operation: write.operation, expectation: write.expectation, revision: write.revision, key: bytes.copy(write.key),
                        value: bytes.copy(write.value)
                    )
                }
                return kcm_batch(
                    name_space: bytes.copy(batch.namespace), writes: bytes.array(writes), write_count: UInt32(writes.count),
                    result: CommitAnswer.unwritten
                )
            })
        var answer = CommitAnswer()
        answer.code = gate.write { functions.commit?(instance, list, UInt32(batches.count), error.pointer) ?? KCM_FAILED }
        answer.text = error.text
        answer.textFault = error.fault(answer.code)
        answer.results = batches.indices.map { list?[$0].result ?? CommitAnswer.unwritten }
        return answer
    }

    /// Commits a group of one batch.
    func commit(_ namespace: [UInt8], _ writes: Write...) -> CommitAnswer { commit([Batch(namespace: namespace, writes: writes)]) }

    /// - Parameters:
    ///   - stopAfter: the sink ends the scan at this entry.
    ///   - most: how many entries are kept.
    func scan(_ namespace: [UInt8], prefix: [UInt8] = [], after: [UInt8]? = nil, limit: UInt32 = .max, stopAfter: Int = .max, most: Int = .max)
        -> ScanAnswer
    {
        let bytes = HostBytes()
        let (error, sink) = (ErrorField(), SinkRecord(stopAfter: stopAfter, most: most))
        let (name, start) = (bytes.copy(namespace), bytes.copy(prefix))
        let behind = after.flatMap { bytes.array([bytes.copy($0)]) }
        var answer = ScanAnswer()
        answer.code = gate.read {
            functions.scan?(
                instance, name, start, UnsafePointer(behind), limit, SinkRecord.entry, Unmanaged.passUnretained(sink).toOpaque(), error.pointer)
                ?? KCM_FAILED
        }
        answer.fill(sink, error)
        return answer
    }

    /// The keys of the answer are the namespaces.
    func namespaces(stopAfter: Int = .max) -> ScanAnswer {
        let (error, sink) = (ErrorField(), SinkRecord(stopAfter: stopAfter))
        var answer = ScanAnswer()
        answer.code = gate.read {
            functions.namespaces?(instance, SinkRecord.namespace, Unmanaged.passUnretained(sink).toOpaque(), error.pointer) ?? KCM_FAILED
        }
        answer.fill(sink, error)
        return answer
    }

    func statistics() -> (code: Int32, text: String, statistics: kcm_store_statistics) {
        let error = ErrorField()
        var statistics = kcm_store_statistics()
        statistics.struct_size = UInt32(MemoryLayout<kcm_store_statistics>.size)
        let code = gate.read { functions.statistics?(instance, &statistics, error.pointer) ?? KCM_FAILED }
        return (code, error.text, statistics)
    }

    func health() -> (code: Int32, text: String) {
        let error = ErrorField()
        let code = gate.read { functions.health?(instance, error.pointer) ?? KCM_FAILED }
        return (code, error.text)
    }

    /// `nil` where the plugin has none of that identifier.
    func getExtension(_ identifier: String) -> UnsafeRawPointer? { functions.get_extension.flatMap { $0(instance, identifier) } }
}

extension ValueAnswer {
    /// Takes over what sink and error field were given in a call that is over.
    mutating func fill(_ sink: SinkRecord, _ error: ErrorField) {
        text = error.text
        textFault = error.fault(code)
        value = sink.entries.last?.value
        revision = sink.entries.last?.revision ?? 0
        sinkCalls = sink.calls
        sinkFault = sink.fault
    }
}

extension ScanAnswer {
    /// As for a value.
    fileprivate mutating func fill(_ sink: SinkRecord, _ error: ErrorField) {
        text = error.text
        textFault = error.fault(code)
        entries = sink.entries
        sinkFault = sink.fault
    }
}
