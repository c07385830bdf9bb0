import KCMCrypto
import KCMPluginHost
import KCMStore
import Testing

/// Plugins that load well and then break the contract, call by call.
@Suite struct FaultyStoreTests {
    private static let ok = "return KCM_OK"

    /// Opens the fixture with `defines`, makes the call that must fail, and gives the error.
    private func fault(_ defines: String..., call: (PluginStore) async throws -> Void) async throws -> StoreError {
        let store = try await BuiltPlugin(defines: defines).open()
        let error = await #expect(throws: StoreError.self) { try await call(store) }
        await store.close()
        return try #require(error)
    }

    @Test(arguments: [
        ("return 77", "result code 77, which the contract does not have"),
        ("return -1", "result code -1, which the contract does not have"),
        ("return KCM_FAILED", "no reason given"),
        ("return KCM_OK", "get succeeded without handing over a value"),
        ("sink(context, text(\"a\"), 1); sink(context, text(\"b\"), 1); return KCM_OK", "get handed over 2 values"),
        ("sink(context, text(\"a\"), 1); return KCM_NOT_FOUND", "get handed over a value and said that there is none"),
        ("sink(context, text(\"a\"), 0); return KCM_OK", "get handed over revision 0"),
        ("sink(context, (kcm_bytes){(const uint8_t *)big, sizeof big}, 1); return KCM_OK", "get handed over a value over its limit of 65536 bytes"),
        ("sink(context, (kcm_bytes){NULL, 8}, 1); return KCM_OK", "get handed over a value without data"),
    ])
    func getIsChecked(_ answer: String, _ words: String) async throws {
        let error = try await fault("ANSWER=\(answer)") { _ = try await $0.get([1], in: .acme) }
        #expect(error.code == .failed)
        #expect(error.message.hasPrefix("plugin fixture: "))
        #expect(error.message.contains(words))
    }

    @Test func everyCodeOfTheContractHasItsMeaning() async throws {
        let codes: [(String, StoreError.Code)] = [
            ("KCM_CONFLICT", .conflict), ("KCM_FULL", .full), ("KCM_TOO_LARGE", .tooLarge), ("KCM_UNAVAILABLE", .unavailable),
            ("KCM_CORRUPT", .corrupt),
            ("KCM_UNSUPPORTED", .unsupported), ("KCM_INVALID", .invalid), ("KCM_FAILED", .failed), ("KCM_TIMED_OUT", .timedOut),
        ]
        for (name, code) in codes {
            let error = try await fault("BATCH_RESULT=\(name)") { try await $0.commit([.put([1], [])], in: .acme) }
            #expect(error.code == code, "\(name)")
            let group = try await fault("GROUP_RESULT=\(name)") { try await $0.commit([.put([1], [])], in: .acme) }
            #expect(group.code == code, "\(name)")
        }
    }

    @Test(arguments: [
        (#"ENTRIES="two","one""#, "entries out of order"), (#"ENTRIES="one","one""#, "entries out of order"),
        (#"ENTRIES="one","two","up""#, "more entries than the limit of 2"),
    ])
    func aScanIsChecked(_ entries: String, _ words: String) async throws {
        let error = try await fault(entries) { _ = try await $0.scan(prefix: [], after: nil, limit: 2, in: .acme) }
        #expect(error.code == .failed)
        #expect(error.message == "plugin fixture: scan handed over \(words)")
    }

    @Test func aScanStaysInItsPrefixAndBehindItsCursor() async throws {
        let outside = try await fault { _ = try await $0.scan(prefix: [UInt8]("o"), after: nil, limit: 9, in: .acme) }
        #expect(outside.message == "plugin fixture: scan handed over an entry outside of the prefix")
        let again = try await fault { _ = try await $0.scan(prefix: [], after: [UInt8]("one"), limit: 9, in: .acme) }
        #expect(again.message == "plugin fixture: scan handed over entries out of order")
    }

    @Test(arguments: [#"NAMESPACES="globex","acme""#, #"NAMESPACES="""#, #"NAMESPACES="a\xff""#])
    func namespacesAreChecked(_ names: String) async throws {
        let error = try await fault(names) { _ = try await $0.namespaces() }
        #expect(error.code == .failed)
        #expect(error.message.hasPrefix("plugin fixture: namespaces handed over "))
    }

    @Test func healthCarriesThePluginsWords() async throws {
        let error = try await fault { try await $0.checkHealth() }
        #expect(error.code == .unavailable)
        #expect(error.message == "plugin fixture: health: the disk is on fire")
    }

    @Test(arguments: [
        "return KCM_OK", "sink(context, text(\"0123456789abcde\"), 1); return KCM_OK",
        "sink(context, text(\"0123456789abcdef\"), 1); sink(context, text(\"0123456789abcdef\"), 1); return KCM_OK",
    ])
    func unwrapIsChecked(_ opened: String) async throws {
        let root = try await BuiltPlugin("OPENED=\(opened)").openRoot()
        let error = await #expect(throws: StoreError.self) { _ = try await root.unwrap([1]) }
        #expect(error?.code == .failed)
        #expect(error?.message == "plugin fixture: unwrap succeeded without handing over one key of 16 to 64 bytes")
        await root.close()
    }
}
