internal import CKCMPlugin
internal import Glibc
internal import Synchronization

/// A host that remembers what the plugin logs.
///
/// `@unchecked Sendable`: the struct is written in the initialiser only; the lines have a lock.
final class RawHost: @unchecked Sendable {
    private let block: UnsafeMutableRawPointer
    private let lines = Mutex<[(level: UInt32, text: String)]>([])

    /// - Parameter extra: bytes of a newer host's members behind the struct.
    init(extra: Int = 0) {
        let size = MemoryLayout<kcm_host>.size
        block = .allocate(byteCount: size + extra, alignment: 16)
        block.initializeMemory(as: UInt8.self, repeating: 0xA5, count: size + extra)
        var host = kcm_host()
        host.struct_size = UInt32(size + extra)
        host.abi_major = UInt16(KCM_ABI_MAJOR)
        host.abi_minor = UInt16(KCM_ABI_MINOR) + (extra > 0 ? 1 : 0)
        host.context = Unmanaged.passUnretained(self).toOpaque()
        host.log = { context, level, text in
            guard let context else { return }
            let host = Unmanaged<RawHost>.fromOpaque(context).takeUnretainedValue()
            let line = text.map { String(cString: $0) } ?? ""
            host.lines.withLock { $0.append((level, line)) }
        }
        host.clock = { _ in
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
        host.get_extension = { _, _ in nil }
        block.storeBytes(of: host, as: kcm_host.self)
    }

    deinit { block.deallocate() }

    var pointer: UnsafePointer<kcm_host> { UnsafePointer(block.assumingMemoryBound(to: kcm_host.self)) }
    var log: [(level: UInt32, text: String)] { lines.withLock { $0 } }
}
