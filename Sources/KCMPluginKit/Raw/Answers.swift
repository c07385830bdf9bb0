internal import CKCMPlugin
internal import Glibc

/// What `get`, `wrap` or `unwrap` answered.
struct ValueAnswer {
    var code: Int32 = KCM_FAILED
    var text = ""
    /// Of the last call of the sink.
    var value: [UInt8]?
    var revision: UInt64 = 0
    var sinkCalls = 0
    /// The sink was called on another thread, or with a size and no data.
    var sinkFault: String?
    var textFault: String?

    var answer: String { ResultCode.text(code, text) }
}

/// What `scan` or `namespaces` answered.
struct ScanAnswer {
    struct Entry: Equatable {
        var key: [UInt8]
        var value: [UInt8]
        var revision: UInt64
    }

    var code: Int32 = KCM_FAILED
    var text = ""
    var entries: [Entry] = []
    var sinkFault: String?
    var textFault: String?

    var keys: [[UInt8]] { entries.map(\.key) }
    var answer: String { ResultCode.text(code, text) }
}

/// What `commit` answered.
struct CommitAnswer {
    var code: Int32 = KCM_FAILED
    var text = ""
    /// Of each batch; where the plugin wrote none, ``unwritten``.
    var results: [Int32] = []
    var textFault: String?

    /// What stands in the place of a result before the call: no code of the contract.
    static let unwritten: Int32 = -77

    /// The outcome of a group of one.
    var single: Int32 { code == KCM_OK ? results.first ?? KCM_OK : code }
    var isOK: Bool { code == KCM_OK && results.allSatisfy { $0 == KCM_OK } }
    var answer: String {
        guard code == KCM_OK else { return ResultCode.text(code, text) }
        let written = results.map { $0 == Self.unwritten ? "no result" : ResultCode.text($0) }
        return written.count == 1 ? written[0] : "KCM_OK with [\(written.joined(separator: ", "))]"
    }
}

/// Collects what a sink is given; lives for one call.
final class SinkRecord {
    private let thread = pthread_self()
    private(set) var calls = 0
    private(set) var fault: String?
    private(set) var entries: [ScanAnswer.Entry] = []
    /// After how many entries the sink asks to end.
    let stopAfter: Int
    /// Entries beyond are counted and not kept.
    let most: Int

    init(stopAfter: Int = .max, most: Int = .max) {
        self.stopAfter = stopAfter
        self.most = most
    }

    /// - Returns: what the sink returns to the plugin.
    func take(key: kcm_bytes, value: kcm_bytes, revision: UInt64) -> Int32 {
        calls += 1
        if pthread_equal(thread, pthread_self()) == 0 { fault = fault ?? "the sink was called on another thread than the call's own" }
        if calls > stopAfter { fault = fault ?? "the sink was called again after it asked to end" }
        guard let key = bytes(key), let value = bytes(value) else { return 1 }
        if entries.count < most { entries.append(ScanAnswer.Entry(key: key, value: value, revision: revision)) }
        return calls >= stopAfter ? 1 : 0
    }

    private func bytes(_ bytes: kcm_bytes) -> [UInt8]? {
        guard bytes.size <= 1 << 30, bytes.data != nil || bytes.size == 0 else {
            fault = fault ?? "the sink was given \(bytes.size) bytes\(bytes.data == nil ? " and no data" : "")"
            return nil
        }
        return Array(UnsafeBufferPointer(start: bytes.data, count: Int(bytes.size)))
    }

    static let entry: kcm_entry_sink = { context, key, value, revision in
        guard let context else { return 1 }
        return Unmanaged<SinkRecord>.fromOpaque(context).takeUnretainedValue().take(key: key, value: value, revision: revision)
    }
    static let value: kcm_value_sink = { context, value, revision in
        guard let context else { return }
        _ = Unmanaged<SinkRecord>.fromOpaque(context).takeUnretainedValue().take(key: kcm_bytes(), value: value, revision: revision)
    }
    static let namespace: kcm_namespace_sink = { context, name in
        guard let context else { return 1 }
        return Unmanaged<SinkRecord>.fromOpaque(context).takeUnretainedValue().take(key: name, value: kcm_bytes(), revision: 1)
    }
}
