import KCMPluginHost
import KCMStore
import Testing

/// What every shipped store has to do, called through the host as the daemon calls it.
@Suite struct StoreContractTests {
    @Test(arguments: Keystore.allCases)
    func whatIsPutIsThereWithItsRevision(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            let key = [UInt8]("key")
            #expect(try await store.get(key, in: .acme) == nil)
            for revision in UInt64(1)...3 {
                try await store.commit([.put(key, [UInt8](revision.description))], in: .acme)
                let stored = try #require(try await store.get(key, in: .acme))
                #expect(stored.value == [UInt8](revision.description))
                #expect(stored.revision == revision)
            }
            try await store.commit([.remove(key)], in: .acme)
            #expect(try await store.get(key, in: .acme) == nil)
            // A key that comes back starts anew.
            try await store.commit([.put(key, [])], in: .acme)
            #expect(try await store.get(key, in: .acme)?.revision == 1)
        }
    }

    @Test(arguments: Keystore.allCases)
    func expectationsHoldOrNothingChanges(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            let present = [UInt8]("present"), missing = [UInt8]("missing")
            try await store.commit([.put(present, [1]), .put([UInt8]("gone"), [])], in: .acme)
            try await store.commit([.put(present, [2]), .remove([UInt8]("gone"))], in: .acme)
            let conflicts: [StoreWrite] = [
                .put(present, [9], expecting: .absent), .put(present, [9], expecting: .revision(1)), .put(present, [9], expecting: .revision(3)),
                .put(present, [9], expecting: .revision(0)), .put(present, [9], expecting: .revision(.max)),
                .put(missing, [9], expecting: .revision(0)), .put(missing, [9], expecting: .revision(1)),
                .put([UInt8]("gone"), [9], expecting: .revision(1)),
                .remove(present, expecting: .absent), .remove(present, expecting: .revision(1)), .remove(missing, expecting: .revision(1)),
            ]
            for write in conflicts {
                await #expect(throws: StoreError(.conflict, ""), "\(write)") { try await store.commit([write], in: .acme) }
            }
            let stored = try #require(try await store.get(present, in: .acme))
            #expect(stored.value == [2])
            #expect(stored.revision == 2)
            #expect(try await store.get(missing, in: .acme) == nil)

            try await store.commit([.remove(missing), .remove(missing + [0], expecting: .absent)], in: .acme)
            try await store.commit([.put(present, [3], expecting: .revision(2)), .put(missing, [1], expecting: .absent)], in: .acme)
            #expect(try await store.get(present, in: .acme)?.revision == 3)
            try await store.commit([.remove(present, expecting: .revision(3))], in: .acme)
            #expect(try await store.get(present, in: .acme) == nil)
        }
    }

    @Test(arguments: Keystore.allCases)
    func aRestoredKeyHasItsRevision(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            let key = [UInt8]("key")
            try await store.commit([.restore(key, [7], revision: 41), .restore([1], [], revision: UInt64(Int64.max))], in: .acme)
            #expect(try await store.get(key, in: .acme)?.revision == 41)
            #expect(try await store.get([1], in: .acme)?.revision == UInt64(Int64.max))
            try await store.commit([.put(key, [8], expecting: .revision(41))], in: .acme)
            #expect(try await store.get(key, in: .acme)?.revision == 42)
            await #expect(throws: StoreError(.conflict, "")) { try await store.commit([.restore(key, [9], revision: 42)], in: .acme) }
            for wrong in [0, UInt64.max] {
                await #expect(throws: StoreError(.invalid, "")) { try await store.commit([.restore([2], [], revision: wrong)], in: .acme) }
            }
            #expect(try await store.get(key, in: .acme)?.value == [8])
        }
    }

    @Test(arguments: Keystore.allCases)
    func aBatchHappensWhollyOrNotAtAll(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            try await store.commit([.put([5], [5]), .put([6], [6])], in: .acme)
            await #expect(throws: StoreError(.conflict, "")) {
                try await store.commit([.put([1], [1]), .put([5], [0]), .remove([6]), .put([6, 0], [1], expecting: .revision(1))], in: .acme)
            }
            let entries = try await store.scan(prefix: [], after: nil, limit: 10, in: .acme)
            #expect(entries.map(\.key) == [[5], [6]])
            #expect(entries.map(\.value) == [[5], [6]])
            #expect(entries.map(\.revision) == [1, 1])
        }
    }

    @Test(arguments: Keystore.allCases)
    func namespacesAreWalls(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            let names = ["a", "ab", "b", "zz", "é", String(repeating: "n", count: 128)].map { Namespace($0) }
            for name in names { try await store.commit([.put([1], Array(name.name.utf8)), .put([UInt8]("b1"), [])], in: name) }
            for name in names {
                #expect(try await store.get([1], in: name)?.value == Array(name.name.utf8))
                #expect(try await store.scan(prefix: [], after: nil, limit: 10, in: name).count == 2)
            }
            #expect(try await store.get([1], in: .globex) == nil)
            #expect(try await store.scan(prefix: [], after: nil, limit: 10, in: .globex).isEmpty)
            #expect(try await store.namespaces() == names.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) })

            let statistics = try await store.statistics()
            #expect(statistics.namespaces == UInt64(names.count))
            #expect(statistics.entries == UInt64(names.count * 2))
            #expect(statistics.bytes > 0)

            try await store.commit([.remove([1]), .remove([UInt8]("b1"))], in: names[0])
            #expect(try await store.namespaces().contains(names[0]) == false)
            try await store.checkHealth()
        }
    }

    @Test(arguments: Keystore.allCases)
    func aScanWalksAPrefixInByteOrder(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            let keys: [[UInt8]] = (0..<50).map { [7, UInt8($0 * 5), UInt8($0)] }
            let around: [[UInt8]] = [[], [0], [6, 255], [7], [8], [255], [255, 255], [255, 255, 0]]
            try await store.commit((keys + around).shuffled().map { .put($0, $0 + [1]) }, in: .acme)
            try await store.commit([.put([7, 1], [])], in: .globex)

            var seen: [StoredEntry] = []
            while true {
                let page = try await store.scan(prefix: [7], after: seen.last?.key, limit: 7, in: .acme)
                seen += page
                if page.count < 7 { break }
            }
            #expect(seen.map(\.key) == [[7]] + keys)
            #expect(seen.allSatisfy { $0.value == $0.key + [1] && $0.revision == 1 })

            func scan(_ prefix: [UInt8], after: [UInt8]? = nil) async throws -> [[UInt8]] {
                try await store.scan(prefix: prefix, after: after, limit: 100, in: .acme).map(\.key)
            }
            #expect(try await scan([255]) == [[255], [255, 255], [255, 255, 0]])
            #expect(try await scan([255, 255], after: [255, 255]) == [[255, 255, 0]])
            // A cursor before the prefix starts at the prefix; one behind it finds nothing; one that is not there is a place all the same.
            #expect(try await scan([255], after: [3]) == [[255], [255, 255], [255, 255, 0]])
            #expect(try await scan([7], after: [8]).isEmpty)
            #expect(try await scan([255], after: [255, 1]) == [[255, 255], [255, 255, 0]])
            #expect(try await scan([9]).isEmpty)
            #expect(try await scan([], after: [8]) == [[255], [255, 255], [255, 255, 0]])
            #expect(try await scan([], after: []).count == keys.count + around.count - 1)
        }
    }

    @Test(arguments: Keystore.allCases)
    func sizesReachTheDeclaredLimitsAndNoFurther(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            let key = [UInt8](repeating: 255, count: store.limits.maximumKeySize)
            let value = [UInt8](repeating: 0, count: store.limits.maximumValueSize)
            try await store.commit([.put(key, value), .put([], []), .put([0, 0, 255], Array(0...255))], in: .acme)
            #expect(try await store.get(key, in: .acme)?.value == value)
            #expect(try await store.get([], in: .acme)?.value == [])
            #expect(try await store.get([0, 0, 255], in: .acme)?.value == Array(0...255))

            await #expect(throws: StoreError(.tooLarge, "")) { try await store.commit([.put(key + [0], [])], in: .acme) }
            await #expect(throws: StoreError(.tooLarge, "")) { try await store.commit([.put([1], value + [0])], in: .acme) }
            let batch = (0...store.limits.maximumBatch).map { StoreWrite.put([2] + [UInt8](String($0)), []) }
            await #expect(throws: StoreError(.tooLarge, "")) { try await store.commit(batch, in: .acme) }
            try await store.commit(batch.dropLast(), in: .acme)
            #expect(try await store.scan(prefix: [2], after: nil, limit: 10_000, in: .acme).count == store.limits.maximumBatch)
        }
    }

    @Test(arguments: Keystore.allCases)
    func argumentsOutsideOfTheContractNeverReachThePlugin(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            await #expect(throws: StoreError(.invalid, "")) { try await store.commit([.put([1], [1]), .put([2], []), .remove([1])], in: .acme) }
            let many = (0..<40).map { StoreWrite.put([UInt8($0)], []) } + [.put([7], [], expecting: .absent)]
            await #expect(throws: StoreError(.invalid, "")) { try await store.commit(many, in: .acme) }
            for name in [Namespace(""), Namespace(String(repeating: "n", count: 129))] {
                await #expect(throws: StoreError(.invalid, "")) { try await store.commit([.put([1], [])], in: name) }
                await #expect(throws: StoreError(.invalid, "")) { _ = try await store.get([1], in: name) }
                await #expect(throws: StoreError(.invalid, "")) { _ = try await store.scan(prefix: [], after: nil, limit: 1, in: name) }
            }
            await #expect(throws: StoreError(.invalid, "")) { _ = try await store.scan(prefix: [], after: nil, limit: 0, in: .acme) }
            #expect(try await store.namespaces().isEmpty)
            try await store.commit([], in: .acme)
            let long = [UInt8](repeating: 1, count: store.limits.maximumKeySize + 1)
            #expect(try await store.get(long, in: .acme) == nil)
            #expect(try await store.scan(prefix: long, after: nil, limit: 1, in: .acme).isEmpty)
        }
    }

    @Test(arguments: Keystore.allCases)
    func ofSixteenWhoExpectTheSameRevisionOneWins(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            for round in UInt64(0)..<20 {
                let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
                    for task in UInt8(0)..<16 {
                        group.addTask {
                            do {
                                try await store.commit(
                                    [.put([1], [task], expecting: round == 0 ? .absent : .revision(round)), .put([2, task], [])], in: .acme)
                                return task
                            } catch let error as StoreError where error.code == .conflict { return nil }
                        }
                    }
                    return try await group.reduce(into: [UInt8]()) { winners, task in if let task { winners.append(task) } }
                }
                #expect(winners.count == 1)
                let stored = try #require(try await store.get([1], in: .acme))
                #expect(stored.value == winners)
                #expect(stored.revision == round + 1)
            }
        }
    }

    @Test(arguments: Keystore.allCases)
    func readersSeeWholeCommitsBesideAWriter(_ keystore: Keystore) async throws {
        try await keystore.with { store in
            try await store.commit([.put([1], [0]), .put([2], [0])], in: .acme)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in UInt8(1)...100 { try await store.commit([.put([1], [round]), .put([2], [round])], in: .acme) }
                }
                for _ in 0..<4 {
                    group.addTask {
                        var last: UInt64 = 0
                        for _ in 0..<200 {
                            let page = try await store.scan(prefix: [], after: nil, limit: 10, in: .acme)
                            #expect(page.count == 2 && page[0].value == page[1].value)
                            #expect(page[0].revision >= last)
                            last = page[0].revision
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.get([2], in: .acme)?.revision == 101)
        }
    }
}
