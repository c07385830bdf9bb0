import KCMPluginHost
import KCMStore
import Testing

/// The ABI cannot change by accident: `Fixtures/abi-1.0` is the header as 1.0 had it, and never changes.
@Suite struct FrozenHeaderTests {
    private static let frozen = "\(Repository.fixtures)/abi-1.0"

    @Test func aPluginOfTheFirstHeaderWorks() async throws {
        let plugin = try await BuiltPlugin("CAPABILITIES=KCM_CAP_STORE|KCM_CAP_ROOT", header: Self.frozen)
        #expect(try plugin.load().info.abi == "1.0")
        let store = try plugin.open(settings: ["colour": "red"])
        #expect(try await store.get([1], in: .acme)?.value == [UInt8]("value"))
        #expect(try await store.scan(prefix: [], after: nil, limit: 9, in: .acme).map(\.key) == [[UInt8]("one"), [UInt8]("two")])
        #expect(try await store.namespaces() == [.acme, .globex])
        try await store.commit([.put([1], [1])], in: .acme)
        #expect(try await store.statistics().entries == 1)
        await store.close()
    }

    /// Every constant, and every member of every struct, is where it was; structs may have grown at their end.
    @Test func whatTheFirstHeaderSaidStillHolds() async throws {
        let folder = try Folder()
        // A program that prints all of it, made from the frozen text and compiled against both headers.
        try await Shell.run("python3 '\(Repository.fixtures)/abi-facts.py' '\(Self.frozen)/kcm/kcm_plugin.h' > '\(folder.file("facts.c"))'")
        var facts: [[String]] = []
        for header in [Self.frozen, Repository.header] {
            try await Shell.run("gcc -std=c11 -Wall -Werror -I'\(header)' '\(folder.file("facts.c"))' -o '\(folder.file("facts"))'")
            facts.append(try await Shell.run("'\(folder.file("facts"))'").split(separator: "\n").map(String.init))
        }
        #expect(facts[0].count > 90)
        #expect(facts[1] == facts[0])
    }
}
