import KCMPluginHost
import KCMStore
import Testing

/// The header and the shipped plugins, as a third party's compiler sees them.
@Suite struct HeaderTests {
    private static let flags = "-fsyntax-only -Wall -Wextra -Wpedantic -Werror -I'\(Repository.header)'"

    @Test(arguments: [("gcc", "c", "c11"), ("g++", "c++", "c++17")])
    func itNeedsNothingButTheLanguage(_ compiler: String, _ language: String, _ standard: String) async throws {
        try await Shell.run(
            "printf '#include <kcm/kcm_plugin.h>\\nint main(void) { return KCM_OK; }\\n' | \(compiler) -x \(language) -std=\(standard) \(Self.flags) -"
        )
        let includes = try await Shell.run("grep -h '#include' '\(Repository.header)/kcm/'*.h | sort -u")
        #expect(includes == "#include <stddef.h>\n#include <stdint.h>\n")
    }

    @Test func itsLayoutIsPinned() async throws {
        try await Shell.run("gcc -std=c11 \(Self.flags) '\(Repository.root)/plugin-sdk/src/layout.c'")
    }

    @Test(arguments: ShippedPlugin.libraries.keys.sorted())
    func aShippedPluginBuildsAloneAndExportsOneSymbol(_ name: String) async throws {
        let folder = try Folder()
        let file = try await ShippedPlugin.build(name, in: folder)
        #expect(try await Shell.run("nm -D --defined-only '\(file)' | awk '{print $3}'") == "kcm_plugin_entry\n")
        #expect(try await Shell.run("nm -D --defined-only '\(try built(name))' | awk '$2 == \"T\" {print $3}'") == "kcm_plugin_entry\n")
    }

    @Test func theExampleOfTheManualWorks() async throws {
        let folder = try Folder()
        let file = folder.file("libkcm-empty.so")
        try await Shell.run(
            "awk '/^```c$/ {on = 1; next} /^```$/ {on = 0} on' '\(Repository.root)/docs/plugin-authors.md' > '\(folder.file("empty.c"))'")
        // As the manual has it, and without a warning.
        try await Shell.run(
            "cc -std=c11 -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror -I'\(Repository.header)' '\(folder.file("empty.c"))' -o '\(file)'")
        let lines = LogLines()
        let store = try PluginStore(
            try PluginLibrary.load("empty", searchPath: PluginSearchPath(folders: [folder.path])), settings: [:], logger: lines.logger)
        #expect(lines.all == ["info empty holds nothing, as it should"])
        #expect(try await store.scan(prefix: [], after: nil, limit: 1, in: .acme).isEmpty)
        let error = await #expect(throws: StoreError.self) { try await store.commit([.put([1], [1])], in: .acme) }
        #expect(error?.code == .full)
        #expect(error?.message == "plugin empty: commit: the empty store takes nothing")
        await store.close()
    }

    private func built(_ name: String) throws -> String {
        try PluginLibrary.load(name, searchPath: .standard()).info.file
    }
}
