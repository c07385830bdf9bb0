/// A file system in memory of one megabyte, for tests that fill a disk. Needs root.
final class SmallDisk: Sendable {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try Shell.runBlocking("mount -t tmpfs -o size=1m,mode=700 kcm-test '\(folder.path)'")
    }

    /// A path inside.
    func file(_ name: String) -> String { folder.file(name) }

    /// Writes a file that takes all that is left.
    func fill() throws { try Shell.runBlocking("dd if=/dev/zero of='\(file("filler"))' bs=4k || true") }

    deinit { _ = try? Shell.runBlocking("umount -l '\(folder.path)'") }
}
