internal import KCMCrypto

/// W3C Trace Context: correlates the audit records of Edge and Core.
public struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hex digits.
    public let traceID: String
    /// 16 lower-case hex digits.
    public let parentID: String

    /// A new trace.
    public static func make() -> TraceContext {
        // Identifiers, not secrets: where the generator fails, a clock-based value still tells requests apart.
        let bytes = (try? Random.bytes(24)) ?? withUnsafeBytes(of: (WallClock.now, MonotonicClock.now, WallClock.now)) { Array($0) }
        return TraceContext(traceID: hexadecimal(bytes[..<16]), parentID: hexadecimal(bytes[16..<24]))
    }

    /// The trace of a `traceparent` header; a new one where it is absent or malformed.
    public static func continuing(_ header: String?) -> TraceContext {
        guard let header, header.utf8.count == 55, header.hasPrefix("00-") else { return make() }
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1].utf8.count == 32, parts[2].utf8.count == 16,
            (parts[1] + parts[2]).utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            parts[1].utf8.contains(where: { $0 != 48 })
        else { return make() }
        return TraceContext(traceID: String(parts[1]), parentID: make().parentID)
    }

    /// The header's value.
    public var traceparent: String { "00-\(traceID)-\(parentID)-01" }

    private static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
