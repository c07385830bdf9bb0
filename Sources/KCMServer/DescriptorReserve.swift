internal import Glibc
internal import NIOCore

/// Descriptors that connections of clients may not take: the rest is for files, for Core, and for the runtime.
///
/// The last is why it is no matter of comfort: once a second, while work waits for a thread, libdispatch opens a file of `/proc` for each of its
/// threads, and ends the process where that fails.
enum DescriptorReserve {
    /// More than Edge has connections to Core, and a few files.
    static let count = 32

    /// Whether a connection took one of them, or of as many more. A descriptor is the lowest that is free, so that one below the reserve leaves the reserve whole.
    ///
    /// The limit is asked for each time, since it can be changed from outside; that takes a microsecond. On the channel's event loop.
    static func isTouched(by channel: any Channel, orOf more: Int) -> Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        let operations = channel.pipeline.syncOperations
        let descriptor = try? operations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let descriptor = descriptor ?? nil else { return false }
        return rlim_t(descriptor) + rlim_t(count) + min(rlim_t(more), limit.rlim_cur / 4) >= limit.rlim_cur
    }
}
