import KCMPluginHost
@testable import KCMStore
import Testing

/// Moving records from one store to another, between real plugins.
@Suite struct StoreCopyTests {
    /// Two tenants; keys of all kinds, some changed, so that revisions differ.
    private func fill(_ store: PluginStore) async throws {
        try await StoreFormat.claim(store)
        for start in stride(from: 0, to: 700, by: 100) {
            try await store.commit(
                (start..<start + 100).map { .put([UInt8]("o/\($0)/a"), [UInt8](repeating: UInt8($0 % 256), count: $0)) }, in: .acme)
        }
        for _ in 0..<3 { try await store.commit([.put([UInt8]("o/7/a"), [1, 2, 3])], in: .acme) }
        try await store.commit([.put([], []), .put([0, 255], [0])], in: .globex)
    }

    private func content(_ store: some Store) async throws -> [StoreSummary] {
        var result: [StoreSummary] = []
        for namespace in [Namespace.acme, .globex] { result.append(try await StoreWalk.summary(of: namespace, in: store)) }
        return result
    }

    private func withTwo(_ body: (PluginStore, PluginStore) async throws -> Void) async throws {
        try await Keystore.sqlite.with { source in
            try await fill(source)
            try await Keystore.memory.with { target in try await body(source, target) }
        }
    }

    @Test func everythingArrivesWithItsRevision() async throws {
        try await withTwo { source, target in
            let copied = try await StoreCopy(from: source, named: "a", to: target).run()
            #expect(copied.map(\.namespace) == [.acme, .globex])
            #expect(copied.map(\.written) == [700, 2])
            #expect(try await content(target) == content(source))
            #expect(try await target.get([UInt8]("o/7/a"), in: .acme)?.revision == 4)
            // A daemon may start on it.
            try await StoreFormat.claim(target)
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func anInterruptedCopyGoesOn(_ commits: Int) async throws {
        try await withTwo { source, target in
            await #expect(throws: StoreError(.unavailable, "")) {
                _ = try await StoreCopy(from: source, named: "a", to: InterruptedStore(target, after: commits)).run()
            }
            // No daemon starts on a part, and no other copy goes on with it.
            await #expect(throws: StoreError(.unavailable, "")) { try await StoreFormat.claim(target) }
            await #expect(throws: StoreError(.conflict, "")) { _ = try await StoreCopy(from: source, named: "b", to: target).run() }
            let copied = try await StoreCopy(from: source, named: "a", to: target).run()
            #expect(copied[0].summary.entries == 700)
            #expect(copied[0].written == 700 - 256 * min(commits - 1, 2) - (commits >= 4 ? 188 : 0))
            #expect(try await content(target) == content(source))
            try await StoreFormat.claim(target)
        }
    }

    @Test func aSourceThatWasUsedSinceIsNotMixedIn() async throws {
        try await withTwo { source, target in
            await #expect(throws: StoreError(.unavailable, "")) {
                _ = try await StoreCopy(from: source, named: "a", to: InterruptedStore(target, after: 3)).run()
            }
            try await source.commit([.put([UInt8]("o/100/a"), [9])], in: .acme)
            await #expect(throws: StoreError(.conflict, "")) { _ = try await StoreCopy(from: source, named: "a", to: target).run() }
        }
    }

    @Test func whatTheTargetHoldsBesidesIsFound() async throws {
        try await withTwo { source, target in
            await #expect(throws: StoreError(.unavailable, "")) {
                _ = try await StoreCopy(from: source, named: "a", to: InterruptedStore(target, after: 2)).run()
            }
            try await target.commit([.put([UInt8]("stranger"), [])], in: .globex)
            await #expect(throws: StoreError(.corrupt, "")) { _ = try await StoreCopy(from: source, named: "a", to: target).run() }
            await #expect(throws: StoreError(.unavailable, "")) { try await StoreFormat.claim(target) }
        }
    }

    @Test func aStoreInUseIsNoTarget() async throws {
        try await withTwo { source, target in
            try await target.commit([.put([1], [])], in: .acme)
            await #expect(throws: StoreError(.conflict, "")) { _ = try await StoreCopy(from: source, named: "a", to: target).run() }
        }
    }

    @Test func anEmptySourceIsAMistake() async throws {
        try await Keystore.memory.with { source in
            try await Keystore.memory.with { target in
                await #expect(throws: StoreError(.invalid, "")) { _ = try await StoreCopy(from: source, named: "a", to: target).run() }
            }
        }
    }

    @Test func recordsOfANewerVersionAreLeftAlone() async throws {
        try await Keystore.memory.with { store in
            try await StoreFormat.claim(store)
            try await StoreFormat.claim(store)
            try await store.commit([.put(StoreFormat.formatKey, Array("\(StoreFormat.current + 1)".utf8))], in: StoreFormat.namespace)
            await #expect(throws: StoreError(.unsupported, "")) { try await StoreFormat.claim(store) }
            do { try await StoreFormat.claim(store) } catch let error as StoreError {
                #expect(error.message.contains("format 3") && error.message.contains("reads formats 1 to 2"))
            }
            try await store.commit([.put(StoreFormat.formatKey, [UInt8]("x"))], in: StoreFormat.namespace)
            await #expect(throws: StoreError(.corrupt, "")) { try await StoreFormat.claim(store) }
        }
    }
}
