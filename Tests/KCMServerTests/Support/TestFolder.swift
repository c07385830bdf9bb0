import Glibc
import Testing

/// A folder of its own for one test, removed with it.
final class TestFolder: Sendable {
    private let root: String

    init() throws {
        var template = Array("/tmp/kcm-server-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        root = String(cString: try #require(made))
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    deinit {
        if let folder = opendir(root) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(path(name))
            }
            closedir(folder)
        }
        rmdir(root)
    }
}
