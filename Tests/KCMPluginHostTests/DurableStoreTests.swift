import Glibc
import KCMPluginHost
import KCMStore
import Testing

extension StoresOnDisk {
    /// What every store that keeps its records has to do with the disk.
    @Suite struct DurableStoreTests {
        @Test(arguments: Keystore.durable)
        func aReopenedStoreHoldsEverything(_ keystore: Keystore) async throws {
            let folder = try Folder()
            for round in UInt64(1)...3 {
                let store = try keystore.open(in: folder)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for entry in UInt8(0)..<100 { group.addTask { try await store.commit([.put([entry], [entry])], in: .acme) } }
                    try await group.waitForAll()
                }
                await store.close()
                let reopened = try keystore.open(in: folder)
                let entries = try await reopened.scan(prefix: [], after: nil, limit: 1000, in: .acme)
                #expect(entries.map(\.key) == (UInt8(0)..<100).map { [$0] })
                #expect(entries.allSatisfy { $0.value == $0.key && $0.revision == round })
                await reopened.close()
            }
        }

        @Test(arguments: Keystore.durable)
        func whatWasAcknowledgedSurvivesACrash(_ keystore: Keystore) async throws {
            let folder = try Folder()
            try await Driver("drive").abandon(keystore, folder.file("store"), groups: 41)
            let store = try keystore.open(folder.file("store"))
            let keys = try await store.scan(prefix: [], after: nil, limit: 100, in: .acme).map { String(decoding: $0.key, as: UTF8.self) }
            #expect(Set(keys) == Set(stride(from: 2, through: 40, by: 2).map(\.description) + ["41", "last"]))
            let last = try await store.get([UInt8]("last"), in: .acme)
            #expect(last?.value == [UInt8]("41"))
            #expect(last?.revision == 41)
            try await store.commit([.put([UInt8]("last"), [], expecting: .revision(41))], in: .acme)
            await store.close()
            #expect(try await verify(keystore, folder.file("store")) == "0 \n")
        }

        @Test(arguments: Keystore.durable)
        func aSecondDaemonIsRefused(_ keystore: Keystore) async throws {
            let folder = try Folder()
            let path = folder.file("store")
            let store = try keystore.open(path)
            let line = try keystore.refusal(["path": path])
            #expect(line.hasPrefix("plugin \(keystore.rawValue) (/"))
            #expect(line.hasSuffix("\(path) is in use by another process"))
            #expect(try await verify(keystore, path) == "open 5 \(path) is in use by another process\n")
            await store.close()
            await (try keystore.open(path)).close()
        }

        @Test(arguments: Keystore.durable)
        func onlyTheOwnerMayReadItsFiles(_ keystore: Keystore) async throws {
            let folder = try Folder()
            let store = try keystore.open(in: folder)
            try await store.commit([.put([1], [1])], in: .acme)
            let wrong = try await Shell.run("find '\(folder.path)' -mindepth 1 ! \\( -type f -perm 600 \\) ! \\( -type d -perm 700 \\)")
            #expect(wrong.isEmpty)
            await store.close()
        }

        @Test(arguments: Keystore.durable)
        func settingsThatAreWrongGiveOneClearLine(_ keystore: Keystore) throws {
            let folder = try Folder()
            #expect(try keystore.refusal([:]).contains("setting 'path'"))
            #expect(try keystore.refusal(["path": folder.file("a"), "pfad": "x"]).contains("'pfad' is not known; there is 'path'"))
            #expect(try keystore.refusal(["path": folder.file("no/such/store")]).contains("No such file or directory"))
        }

        /// A file system of one megabyte stands for the full disk; mounting it takes root.
        @Test(.enabled(if: geteuid() == 0), arguments: Keystore.durable)
        func aFullDiskIsFullAndChangesNothing(_ keystore: Keystore) async throws {
            let disk = try SmallDisk()
            let store = try keystore.open(disk.file("store"), settings: keystore == .file ? ["journal_size": "64KiB"] : [:])
            let big = [UInt8](repeating: 1, count: 4 << 20)
            try await store.commit([.put([1], [1])], in: .acme)
            try await store.checkHealth()
            await #expect(throws: StoreError(.full, "")) { try await store.commit([.put([1], [2]), .put([2], big)], in: .acme) }
            #expect(try await store.get([1], in: .acme)?.value == [1])
            #expect(try await store.get([2], in: .acme) == nil)
            try await store.commit([.put([1], [3])], in: .acme)
            #expect(try await store.get([1], in: .acme)?.revision == 2)
            // A group of which one has no room: the others happen.
            let refused = await withTaskGroup(of: Bool.self) { group in
                for entry in UInt8(10)..<20 {
                    group.addTask {
                        do { try await store.commit([.put([entry], entry == 15 ? big : [])], in: .acme) } catch {
                            return (error as? StoreError)?.code == .full
                        }
                        return false
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 1)
            #expect(try await store.scan(prefix: [], after: nil, limit: 100, in: .acme).count == 10)
            try disk.fill()
            await #expect(throws: StoreError(.full, "")) { try await store.checkHealth() }
            await store.close()
        }

        @Test(arguments: Keystore.durable)
        func aStoreWhoseFilesWereMovedIsNotHealthy(_ keystore: Keystore) async throws {
            let folder = try Folder()
            let path = folder.file("store")
            let store = try keystore.open(path)
            try await store.checkHealth()
            let moved: [Keystore: String] = [.sqlite: path, .lmdb: "\(path)/data.mdb", .file: "\(path)/journal"]
            let file = try #require(moved[keystore])
            try await Shell.run("mv '\(file)' '\(file).away'")
            let error = await #expect(throws: StoreError.self) { try await store.checkHealth() }
            #expect(error?.message.contains("\(file) was moved or removed") == true)
            try await Shell.run("mv '\(file).away' '\(file)'")
            try await store.checkHealth()
            await store.close()
        }
    }
}
