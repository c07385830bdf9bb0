import KCMPluginHost
import KCMStore
import Synchronization
import Testing

/// What happened, in order; for any thread.
private final class Events: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }

    /// - Returns: how many there are now.
    @discardableResult
    func note(_ event: String) -> Int {
        list.withLock { list in
            list.append(event)
            return list.count
        }
    }
}

/// Deadlines, threads, groups, and the bound on what waits.
@Suite(.serialized) struct CallTests {
    @Test func aSlowReadTimesOutAndItsLateAnswerIsDropped() async throws {
        let gate = try Gate()
        let store = try await BuiltPlugin("GET_TIME=1", gate.define).open(deadline: .seconds(2))
        // The gate is shut: each error comes while its call is still in the plugin.
        for _ in 0..<3 {
            let error = await #expect(throws: StoreError.self) { _ = try await store.get([UInt8]("slow"), in: .acme) }
            #expect(error?.code == .timedOut)
            #expect(error?.message == "plugin fixture: get did not return within 2.0 seconds")
        }
        #expect(store.metrics.waiting == 3)
        // Others are served meanwhile.
        #expect(try await store.get([UInt8]("fast"), in: .acme)?.value == [UInt8]("value"))
        // Closing waits for the calls that are still in the plugin.
        let order = Events()
        let closing = Task {
            await store.close()
            order.note("closed")
        }
        // Time for a close that does not wait: with one that does, this cannot fail.
        try await Task.sleep(for: .milliseconds(200))
        order.note("opened")
        gate.open()
        await closing.value
        #expect(order.all == ["opened", "closed"])
        #expect(!store.isLeftOpen)
    }

    @Test func aSlowCommitTimesOutForAllWhoWaitAndTheNextOnesGoOn() async throws {
        let gate = try Gate()
        let store = try await BuiltPlugin("COMMIT_TIME=1", gate.define).open(deadline: .seconds(2))
        // All of them come back while the first group is still in the plugin; only of that one it is not known what becomes of it.
        let codes = await withTaskGroup(of: StoreError.Code?.self) { group in
            for entry in UInt8(0)..<20 {
                group.addTask {
                    do { try await store.commit([.put([entry], [])], in: .acme) } catch { return (error as? StoreError)?.code }
                    return nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let unknown = codes.count { $0 == .timedOut }
        #expect(unknown >= 1 && codes.count { $0 == .unavailable } == 20 - unknown, "\(codes)")
        // What was with the plugin is what there is now: none of the others has reached it.
        gate.open()
        for _ in 0..<1000 where try await store.statistics().entries < unknown { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await store.statistics().entries == unknown)
        #expect(try await store.statistics().bytes == 1)
        // The writer comes back, and what it is given next is done.
        var attempts = 0
        while true {
            attempts += 1
            do {
                try await store.commit([.put([1], [])], in: .acme)
                break
            } catch { #expect([.timedOut, .unavailable].contains((error as? StoreError)?.code)) }
            try #require(attempts < 100, "the writer does not go on")
        }
        #expect(try await store.statistics().bytes == 1)
        await store.close()
    }

    @Test func manyCommitsShareFewGroups() async throws {
        let gate = try Gate()
        let store = try await BuiltPlugin("COMMIT_TIME=1", gate.define).open(deadline: .seconds(60))
        let begun = Events()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entry in 0..<2000 {
                group.addTask {
                    // The last one lets them through: all but a few, which are about to, wait in the queue then.
                    if begun.note("commit") == 2000 { gate.open() }
                    try await store.commit([.put([UInt8](entry.description), [])], in: .acme)
                }
            }
            try await group.waitForAll()
        }
        let statistics = try await store.statistics()
        #expect(statistics.entries == 2000)
        // The first to come, and 256 a group from then on.
        #expect((8...40).contains(statistics.namespaces))
        #expect(store.metrics.batches == 2000)
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
        let gate = try Gate()
        let store = try await BuiltPlugin("COMMIT_TIME=1", gate.define).open(deadline: .seconds(60))
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<9000 {
                group.addTask {
                    do { try await store.commit([], in: .acme) } catch {
                        // Told at once, while the plugin has not done anything yet.
                        gate.open()
                        return (error as? StoreError)?.code == .unavailable
                    }
                    return false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // A group is with the plugin, 8,192 commits wait, others are refused.
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
