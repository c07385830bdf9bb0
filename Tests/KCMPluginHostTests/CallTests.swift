import KCMPluginHost
import KCMStore
import Testing

/// Deadlines, threads, groups, and the bound on what waits.
@Suite(.serialized) struct CallTests {
    private func elapsed(_ body: () async throws -> Void) async rethrows -> Duration { try await ContinuousClock().measure { try await body() } }

    @Test func aSlowReadTimesOutAndItsLateAnswerIsDropped() async throws {
        let store = try await BuiltPlugin("GET_TIME=4000").open(deadline: .milliseconds(300))
        let began = ContinuousClock.now
        // The error comes while the call is still in the plugin. A busy machine can be late with one, hardly with three.
        var quickest = Duration.seconds(60)
        for _ in 0..<3 where quickest > .milliseconds(3500) {
            let time = await elapsed {
                let error = await #expect(throws: StoreError.self) { _ = try await store.get([UInt8]("slow"), in: .acme) }
                #expect(error?.code == .timedOut)
                #expect(error?.message == "plugin fixture: get did not return within 0.3 seconds")
            }
            quickest = min(quickest, time)
        }
        #expect(quickest < .milliseconds(3500))
        // Others are served meanwhile, and closing waits for the call that is still in the plugin.
        #expect(try await store.get([UInt8]("fast"), in: .acme)?.value == [UInt8]("value"))
        await store.close()
        #expect(ContinuousClock.now - began > .milliseconds(3900))
    }

    @Test func aSlowCommitTimesOutForAllWhoWaitAndTheNextOnesGoOn() async throws {
        let store = try await BuiltPlugin("COMMIT_TIME=1200").open(deadline: .milliseconds(300))
        await withTaskGroup(of: Void.self) { group in
            for entry in UInt8(0)..<20 {
                group.addTask { await #expect(throws: StoreError(.timedOut, "")) { try await store.commit([.put([entry], [])], in: .acme) } }
            }
        }
        try await Task.sleep(for: .milliseconds(2800))
        let before = try await store.statistics()
        #expect(before.bytes == 1)
        // The writer is free again: a commit reaches the plugin (and times out again, as slow as that is).
        await #expect(throws: StoreError(.timedOut, "")) { try await store.commit([.put([1], [])], in: .acme) }
        await store.close()
    }

    @Test func manyCommitsShareFewGroups() async throws {
        let store = try await BuiltPlugin("COMMIT_TIME=5").open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entry in 0..<2000 { group.addTask { try await store.commit([.put([UInt8](entry.description), [])], in: .acme) } }
            try await group.waitForAll()
        }
        let statistics = try await store.statistics()
        #expect(statistics.entries == 2000)
        #expect(statistics.namespaces >= 8)
        #expect(statistics.namespaces < 100)
        await store.close()
    }

    @Test(arguments: [("KCM_THREADS_SERIALIZED", 1), ("KCM_THREADS_ONE_WRITER", 5), ("KCM_THREADS_PARALLEL", 5)])
    func theThreadModelIsKept(_ model: String, _ most: UInt64) async throws {
        let store = try await BuiltPlugin("MODEL=\(model)", "GET_TIME=20", "COMMIT_TIME=20").open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { _ = try await store.get([UInt8]("slow"), in: .acme) }
                group.addTask { try await store.commit([.put([1], [])], in: .acme) }
            }
            try await group.waitForAll()
        }
        let together = try await store.statistics().bytes
        #expect(together <= most)
        #expect(most == 1 || together > 1)
        await store.close()
    }

    @Test func whatWaitsIsBounded() async throws {
        let store = try await BuiltPlugin("COMMIT_TIME=(atomic_load(&groups) == 0 ? 1500 : 0)").open()
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<9000 {
                group.addTask {
                    do { try await store.commit([], in: .acme) } catch { return (error as? StoreError)?.code == .unavailable }
                    return false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // One group is with the plugin, 8,192 commits wait, the others are told at once.
        #expect((1...9000 - 8192).contains(refused))
        await store.close()
    }

    @Test func aClosedStoreIsUnavailable() async throws {
        let store = try await BuiltPlugin("COMMIT_TIME=100").open()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try? await store.commit([.put([1], [])], in: .acme) } }
            group.addTask { await store.close() }
            group.addTask { await store.close() }
        }
        await #expect(throws: StoreError(.unavailable, "")) { try await store.commit([.put([1], [])], in: .acme) }
        await #expect(throws: StoreError(.unavailable, "")) { _ = try await store.get([1], in: .acme) }
    }
}
