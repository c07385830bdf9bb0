/// A file system in memory of one megabyte, for tests that fill a disk. Needs root.
final class SmallDisk: Sendable {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try Shell.runBlocking("mount -t tmpfs -o size=1m kcm-test '\(folder.path)'")
    }

    /// A path inside.
    func file(_ name: String) -> String { folder.file(name) }

    deinit { _ = try? Shell.runBlocking("umount -l '\(folder.path)'") }
}
