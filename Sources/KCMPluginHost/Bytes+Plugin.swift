internal import CKCMPlugin
internal import Glibc
internal import KCMStore

extension [UInt8] {
    /// A copy of a plugin's bytes, whose size the caller has checked; `nil` where they have a size and no data.
    init?(_ bytes: kcm_bytes) {
        guard bytes.data != nil || bytes.size == 0 else { return nil }
        self = Array(UnsafeBufferPointer(start: bytes.data, count: Int(bytes.size)))
    }

    /// Whether these bytes come strictly before others, as a store orders them.
    func precedes(_ other: [UInt8]) -> Bool {
        let order = withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs -> Int32 in
                guard let a = mine.baseAddress, let b = theirs.baseAddress else { return 0 }
                return memcmp(a, b, Swift.min(mine.count, theirs.count))
            }
        }
        return order == 0 ? count < other.count : order < 0
    }
}

/// The bytes in place, for the length of a call.
func withBytes<R>(_ bytes: [UInt8], _ body: (kcm_bytes) throws -> R) rethrows -> R {
    try bytes.withUnsafeBufferPointer { try body(kcm_bytes(data: $0.baseAddress, size: UInt64($0.count))) }
}

/// A namespace's name in place, for the length of a call.
func withBytes<R>(_ namespace: Namespace, _ body: (kcm_bytes) throws -> R) rethrows -> R {
    try withBytes(Array(namespace.name.utf8), body)
}
