internal import Glibc

/// Tells when files that are in use have changed, and whether to try again: a value that does no I/O but ``Stamp/init(path:)``.
///
/// A change is tried when two looks in a row saw the same: what is cut where a certificate or list ends reads as a whole file, and
/// would shut out whoever the missing part is for. It is tried again at every look until it succeeds, so that a file that was half
/// written, or a certificate that came before its key, is taken as soon as it is whole. A failure is said once for each state of the files.
public struct FileWatch: Sendable {
    /// What tells one content of a file from another.
    public struct Stamp: Sendable, Hashable {
        private var inode: UInt64 = 0
        private var size: Int64 = 0
        private var seconds: Int = 0
        private var nanoseconds: Int = 0

        /// Of the file as it is now; one that is not there has a stamp of its own. Blocks.
        public init(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private var taken: [Stamp]
    private var refused: [Stamp]?
    /// At the look before.
    private var seen: [Stamp]

    /// - Parameter stamps: of the files as they were before they were read.
    public init(_ stamps: [Stamp]) {
        taken = stamps
        seen = stamps
    }

    /// Whether the files are to be read now: they are others than those in use, and nobody has written to them since the last look.
    /// - Parameter stamps: as this look sees them.
    public mutating func isDue(_ stamps: [Stamp]) -> Bool {
        defer { seen = stamps }
        return stamps != taken && stamps == seen
    }

    /// They were read and are in use.
    /// - Parameter stamps: from before they were read.
    public mutating func succeeded(_ stamps: [Stamp]) {
        taken = stamps
        refused = nil
    }

    /// They could not be used; what was in use stays.
    /// - Returns: whether that is news.
    public mutating func failed(_ stamps: [Stamp]) -> Bool {
        defer { refused = stamps }
        return refused != stamps
    }
}
