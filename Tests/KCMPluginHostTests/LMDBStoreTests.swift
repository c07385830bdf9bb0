import KCMPluginHost
import KCMStore
import Testing

extension StoresOnDisk {
    @Suite struct LMDBStoreTests {
        private let folder: Folder
        private let path: String
        init() throws {
            folder = try Folder()
            path = folder.file("store")
        }

        private func open(_ settings: [String: String] = [:]) throws -> PluginStore { try Keystore.lmdb.open(path, settings: settings) }

        @Test func theMapGrowsBesideReaders() async throws {
            let store = try open(["map_size": "128KiB"])
            let value = [UInt8](repeating: 7, count: 10_000)
            try await store.commit([.put([0], value)], in: .acme)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for entry in UInt8(1)..<200 { try await store.commit([.put([entry], value), .put([entry, 0], value)], in: .acme) }
                }
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<2000 {
                            let stored = try await store.get([0], in: .acme)
                            #expect(stored?.value == value)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.statistics().entries == 399)
            await store.close()
            // Reopened with a map smaller than the file.
            let reopened = try open(["map_size": "128KiB"])
            #expect(try await reopened.scan(prefix: [], after: nil, limit: 1000, in: .acme).count == 399)
            await reopened.close()
        }

        @Test func atItsMaximumItIsFullAndRemovingMakesRoom() async throws {
            let store = try open(["map_size": "128KiB", "maximum_size": "512KiB"])
            let value = [UInt8](repeating: 7, count: 20_000)
            var count: UInt8 = 0
            let error = await #expect(throws: StoreError.self) {
                while true {
                    try await store.commit([.put([count], value)], in: .acme)
                    count += 1
                }
            }
            #expect(error?.code == .full)
            #expect(error?.message.contains("has reached its maximum_size of 524288 bytes") == true)
            #expect(count > 10)
            #expect(try await store.scan(prefix: [], after: nil, limit: 1000, in: .acme).count == Int(count))
            // LMDB uses pages again two commits after the one that set them free.
            for entry in UInt8(0)..<4 { try await store.commit([.remove([entry])], in: .acme) }
            try await store.commit([.put([0], value)], in: .acme)
            await store.close()
        }

        @Test(arguments: ["128", "1TB", "-1KiB", "17TiB", ""])
        func sizesAreChecked(_ size: String) throws {
            #expect(try Keystore.lmdb.refusal(["path": path, "map_size": size]).contains("setting 'map_size' is '\(size)'"))
        }

        @Test func linksGoWithTheirKeys() async throws {
            let store = try open()
            let long = (UInt8(0)..<20).map { [UInt8](repeating: 9, count: 1000) + [$0] }
            try await store.commit(long.map { .put($0, [1]) }, in: .acme)
            #expect(try await store.scan(prefix: [9, 9], after: long[4], limit: 3, in: .acme).map(\.key) == Array(long[5...7]))
            #expect(try await store.statistics().entries == 20)
            try await store.commit(long.map { .remove($0) }, in: .acme)
            let statistics = try await store.statistics()
            #expect(statistics.entries == 0)
            #expect(statistics.namespaces == 0)
            await store.close()
            #expect(try await verify(.lmdb, path) == "0 \n")
        }

        @Test func aNewerFormatAndAStrangersEnvironmentAreRefused() async throws {
            let plugins = "\(Repository.root)/Plugins"
            try await Shell.run(
                "gcc -std=gnu11 -I'\(Repository.header)' -I'\(plugins)/common/src' -I'\(plugins)/lmdb/src' '\(plugins)/common/src/'*.c '\(plugins)/lmdb/src/keys.c' '\(Repository.fixtures)/environment.c' -o '\(folder.file("environment"))' -llmdb"
            )
            for (kind, words) in [
                ("newer", "was written by a newer version (format 2, this one reads up to 1)"),
                ("foreign", "is an LMDB environment of something else"),
            ] {
                let place = folder.file(kind)
                try await Shell.run("'\(folder.file("environment"))' \(kind) '\(place)'")
                #expect(try Keystore.lmdb.refusal(["path": place]).hasSuffix("\(place) \(words)"))
            }
        }

        @Test func aFileThatWasCutOffIsRefused() async throws {
            let store = try open()
            for entry in UInt8(0)..<20 { try await store.commit([.put([entry], [UInt8](repeating: 1, count: 5000))], in: .acme) }
            await store.close()
            try Files.cut("\(path)/data.mdb", to: 20_480)
            #expect(try Keystore.lmdb.refusal(["path": path]).contains("data.mdb was cut off: it has 20480 bytes and should have "))
        }

        @Test func verifyFindsOneWrongBit() async throws {
            let store = try open()
            let mark = [UInt8]("a value that is easily found")
            for entry in UInt8(0)..<20 { try await store.commit([.put([entry], entry == 13 ? mark : [entry])], in: .acme) }
            await store.close()
            #expect(try await verify(.lmdb, path) == "0 \n")
            let bytes = try Files.read("\(path)/data.mdb")
            // Old pages may hold it as well.
            for offset in 0..<bytes.count - mark.count where bytes[offset] == mark[0] && Array(bytes[offset..<offset + mark.count]) == mark {
                try Files.flip("\(path)/data.mdb", at: offset + 5)
            }
            #expect(try await verify(.lmdb, path).hasPrefix("6 \(path)/data.mdb has a record that is not what was written (entry "))
        }
    }
}
