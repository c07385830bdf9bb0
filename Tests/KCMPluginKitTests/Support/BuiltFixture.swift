import Dispatch
import Glibc
import KCMPluginKit

/// A plugin built by gcc from a fixture and the header alone, with one fault; removed when the test lets go of it.
final class BuiltFixture: Sendable {
    struct Failure: Error { let text: String }

    let folder: String
    var file: String { "\(folder)/libkcm-kit.so" }

    private static let tests = String(#filePath.dropLast("/Support/BuiltFixture.swift".count))
    private static let header = String(tests.dropLast("/Tests/KCMPluginKitTests".count)) + "/plugin-sdk/include"

    init(_ source: String, fault: String, options: String = "") throws {
        var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/kcm-fixture-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(text: "mkdtemp: \(String(cString: strerror(errno)))") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let command =
            "gcc -std=c11 -D_GNU_SOURCE -g -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror -DFAULT=\(fault) \(options) -I'\(Self.header)'"
        guard system("\(command) '\(Self.tests)/Fixtures/\(source)' -o '\(file)'") == 0 else { throw Failure(text: "gcc fails for \(fault)") }
    }

    deinit { _ = system("rm -rf '\(folder)'") }
}

/// Runs the kit as kcmctl does.
enum KitRun {
    /// Folder of the products: that of this test program.
    static let products: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        let path = String(decoding: buffer[..<max(length, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }()

    static func report(_ options: KitOptions) async throws -> KitReport {
        // On a thread of its own: it waits for processes.
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global().async {
                done.resume(with: Result { try Kit(options, program: ["\(products)/kcmctl", "plugin", "child"]).run { _ in } })
            }
        }
    }

    /// Names of the checks that failed.
    static func failures(_ options: KitOptions) async throws -> Set<String> {
        Set(try await report(options).outcomes.filter { $0.result == .fail }.map(\.check))
    }
}

extension KitOptions {
    init(_ plugin: String, _ settings: String...) {
        self.init(plugin: plugin, settings: settings.compactMap { Setting($0) })
    }
}
