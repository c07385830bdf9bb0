import Glibc

/// Holds the slow calls of a ``BuiltPlugin`` inside the plugin until it is opened, so that a test goes by what happens and not by time.
/// A test that ends without opening it opens it as well.
struct Gate {
    private let folder: Folder
    private var path: String { folder.file("shut") }

    init() throws {
        folder = try Folder()
        try folder.write("", to: "shut")
    }

    /// For the plugin's build; calls with a `GET_TIME` or `COMMIT_TIME` wait at the gate then.
    var define: String { "GATE=\"\(path)\"" }

    /// Lets through who waits and who comes; it does not shut again. Any thread, any number of times.
    func open() { unlink(path) }
}
