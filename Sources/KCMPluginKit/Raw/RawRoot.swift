internal import CKCMPlugin
internal import KCMPluginHost
internal import Synchronization

/// An open root of trust, called as the header has it.
///
/// `@unchecked Sendable`: as ``RawStore``.
final class RawRoot: @unchecked Sendable {
    let instance: UnsafeMutableRawPointer
    let functions: kcm_root_functions
    let host: RawHost
    let gate: ThreadGate
    private let isClosed = Mutex(false)

    init(_ instance: UnsafeMutableRawPointer, _ functions: kcm_root_functions, _ host: RawHost, model: UInt32) {
        self.instance = instance
        self.functions = functions
        self.host = host
        gate = ThreadGate(model: model)
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

    func wrap(_ key: [UInt8]) -> ValueAnswer { call(functions.wrap, key) }
    func unwrap(_ blob: [UInt8]) -> ValueAnswer { call(functions.unwrap, blob) }

    func health() -> (code: Int32, text: String) {
        let error = ErrorField()
        let code = gate.read { functions.health?(instance, error.pointer) ?? KCM_FAILED }
        return (code, error.text)
    }

    /// `nil` where the plugin has none of that identifier.
    func getExtension(_ identifier: String) -> UnsafeRawPointer? { functions.get_extension.flatMap { $0(instance, identifier) } }

    private typealias Function =
        @convention(c) (
            UnsafeMutableRawPointer?, kcm_bytes, kcm_value_sink?, UnsafeMutableRawPointer?, UnsafeMutablePointer<kcm_error>?
        ) -> Int32

    private func call(_ function: Function?, _ input: [UInt8]) -> ValueAnswer {
        let bytes = HostBytes()
        let (error, sink) = (ErrorField(), SinkRecord())
        let input = bytes.copy(input)
        var answer = ValueAnswer()
        // Not among the reads of KCM_THREADS_ONE_WRITER.
        answer.code = gate.write {
            function?(instance, input, SinkRecord.value, Unmanaged.passUnretained(sink).toOpaque(), error.pointer) ?? KCM_FAILED
        }
        answer.fill(sink, error)
        return answer
    }

    /// - Throws: ``CheckFailure`` where it does not succeed.
    func mustWrap(_ key: [UInt8]) throws -> [UInt8] {
        let answer = wrap(key)
        guard answer.code == KCM_OK, let blob = answer.value else {
            throw CheckFailure("wrap of \(key.count) bytes: expected KCM_OK and a blob, got \(answer.answer)")
        }
        return blob
    }

    /// - Throws: ``CheckFailure`` where the key does not come out.
    func mustUnwrap(_ blob: [UInt8], to key: [UInt8], _ when: String) throws {
        let answer = unwrap(blob)
        try expect(
            answer.code == KCM_OK && answer.value == key, "unwrap \(when): expected KCM_OK and the key of \(key.count) bytes, got \(answer.answer)")
    }
}
