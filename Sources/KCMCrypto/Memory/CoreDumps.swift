internal import Glibc

/// What the process leaves behind when it crashes.
public enum CoreDumps {
    /// Has the kernel write no core dump of this process: locked memory is left out of one anyway, and the buffers that keys pass through
    /// on the wire are ordinary memory. To be called once, at start.
    /// - Throws: `CryptoError` `.memory` where the kernel refuses.
    public static func forbid() throws(CryptoError) {
        // One byte, not none: of a core pattern that is a pipe, the kernel heeds 1 alone (core(5)).
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else {
            throw CryptoError(.memory, "the kernel does not let core dumps be forbidden (errno \(errno))")
        }
    }
}
