import KCMPluginHost
import KCMStore
import Testing

/// The store of `pkcs11` beyond the contract, with SoftHSM in this process.
@Suite struct PKCS11StoreTests {
    private let token: Token
    private let folder: Folder
    init() throws {
        token = try Token.shared.get()
        folder = try Folder()
    }

    private var name: String { String(folder.path.split(separator: "/").last ?? "") }

    private func open(_ settings: [String: String] = [:]) throws -> PluginStore {
        let own = ["name": name, "lock_file": folder.file("lock")].merging(settings) { $1 }
        return try PluginStore(
            try PluginLibrary.load("pkcs11", searchPath: .standard()), settings: token.settings(own), logger: .silent, deadline: noDeadline)
    }

    private func refusal(_ settings: [String: String]) throws -> String {
        "\(try #require(#expect(throws: PluginError.self) { _ = try open(settings) }))"
    }

    @Test func aReopenedStoreHoldsEverything() async throws {
        for round in UInt64(1)...3 {
            let store = try open()
            for entry in UInt8(0)..<20 { try await store.commit([.put([entry], [entry]), .put([entry, 1], []), .remove([entry, 0])], in: .acme) }
            try await store.commit([.put([UInt8]("gone"), [1])], in: .globex)
            try await store.commit([.remove([UInt8]("gone"))], in: .globex)
            await store.close()
            let reopened = try open()
            let entries = try await reopened.scan(prefix: [], after: nil, limit: 1000, in: .acme)
            #expect(entries.count == 40)
            #expect(entries.allSatisfy { $0.revision == round })
            #expect(try await reopened.namespaces() == [.acme])
            await reopened.close()
        }
    }

    @Test func aSecondInstanceIsRefusedByTheLock() async throws {
        let store = try open()
        #expect(try refusal([:]).contains("in use by another process"))
        await store.close()
        await (try open()).close()
    }

    /// Without a common lock file, as from another machine: the later one wins, the earlier one writes no more.
    @Test func whoIsTakenOverWritesNoMore() async throws {
        let first = try open()
        try await first.commit([.put([1], [1])], in: .acme)
        let second = try open(["lock_file": folder.file("other-lock")])
        try await second.commit([.put([1], [2])], in: .acme)
        let error = await #expect(throws: StoreError.self) { try await first.commit([.put([1], [3])], in: .acme) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("was taken over by process") == true)
        await #expect(throws: StoreError(.unavailable, "")) { try await first.checkHealth() }
        try await second.commit([.put([1], [4], expecting: .revision(2))], in: .acme)
        await first.close()
        try await second.checkHealth()
        await second.close()
    }

    @Test func moreThanTheCapacityIsFull() async throws {
        let store = try open(["capacity": "8KiB", "maximum_value": "4KiB"])
        #expect(store.limits.maximumValueSize == 4096)
        try await store.commit([.put([1], [UInt8](repeating: 1, count: 4000))], in: .acme)
        await #expect(throws: StoreError(.full, "")) {
            try await store.commit(
                [.put([2], []), .put([3], [UInt8](repeating: 1, count: 4096)), .put([4], [UInt8](repeating: 1, count: 4096))], in: .acme)
        }
        #expect(try await store.get([2], in: .acme) == nil)
        // What takes no more room is done, and so is what makes room.
        try await store.commit([.put([1], [UInt8](repeating: 2, count: 4000))], in: .acme)
        try await store.commit([.remove([1])], in: .acme)
        await store.close()
    }

    @Test func settingsThatAreWrongGiveOneClearLine() throws {
        #expect(try refusal(["pfad": "x"]).contains("'pfad' is not known"))
        #expect(try refusal(["name": "a b"]).contains("'name' is wrong"))
        #expect(try refusal(["maximum_value": "1KiB"]).contains("'maximum_value' is wrong"))
        #expect(try refusal(["capacity": "much"]).contains("'capacity' is wrong"))
        #expect(try refusal(["lock_file": folder.file("no/lock")]).contains("cannot make the lock file"))
    }
}
