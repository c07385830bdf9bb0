import KCMPluginHost
import Logging

/// A plugin built by gcc from `Fixtures/fixture.c` and the header alone, as a third party would.
struct BuiltPlugin {
    let folder: Folder
    var file: String { folder.file("libkcm-fixture.so") }

    /// - Parameter defines: what the fixture does otherwise than the contract says, as preprocessor lines.
    /// - Parameter header: the include path of the header that it is built against.
    init(_ defines: String..., header: String = Repository.header) async throws { try await self.init(defines: defines, header: header) }

    init(defines: [String], header: String = Repository.header) async throws {
        folder = try Folder()
        let options = defines.map { "'-D\($0)'" }.joined(separator: " ")
        try await Shell.run(
            "gcc -std=c11 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror \(options) -I'\(header)' '\(Repository.fixtures)/fixture.c' -o '\(file)'"
        )
    }

    func load() throws -> PluginLibrary { try PluginLibrary.load(file, searchPath: PluginSearchPath(folders: [])) }

    func open(settings: [String: String] = [:], logger: Logger = .silent, deadline: Duration = noDeadline) throws -> PluginStore {
        try PluginStore(try load(), settings: settings, logger: logger, deadline: deadline)
    }

    func openRoot(deadline: Duration = noDeadline) throws -> PluginRootOfTrust {
        try PluginRootOfTrust(try load(), settings: [:], logger: .silent, deadline: deadline)
    }
}
