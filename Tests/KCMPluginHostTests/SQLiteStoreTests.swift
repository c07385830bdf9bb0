import Glibc
import KCMPluginHost
import KCMStore
import Testing

@Suite struct SQLiteStoreTests {
    private func open(_ path: String) throws -> PluginStore {
        try PluginStore(try PluginLibrary.load("sqlite", searchPath: .standard()), settings: ["path": path], logger: .silent)
    }

    private func refusal(_ settings: [String: String]) throws -> String {
        let library = try PluginLibrary.load("sqlite", searchPath: .standard())
        let error = #expect(throws: PluginError.self) { _ = try PluginStore(library, settings: settings, logger: .silent) }
        return "\(try #require(error))"
    }

    @Test func aReopenedStoreHoldsEverything() async throws {
        let folder = try Folder()
        for round in UInt64(1)...3 {
            let store = try open(folder.file("a.sqlite"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for entry in UInt8(0)..<100 { group.addTask { try await store.commit([.put([entry], [entry])], in: .acme) } }
                try await group.waitForAll()
            }
            await store.close()
            let reopened = try open(folder.file("a.sqlite"))
            let entries = try await reopened.scan(prefix: [], after: nil, limit: 1000, in: .acme)
            #expect(entries.map(\.key) == (UInt8(0)..<100).map { [$0] })
            #expect(entries.allSatisfy { $0.value == $0.key && $0.revision == round })
            await reopened.close()
        }
    }

    @Test func onlyTheOwnerMayReadItsFiles() async throws {
        let folder = try Folder()
        let store = try open(folder.file("a.sqlite"))
        try await store.commit([.put([1], [1])], in: .acme)
        for name in ["a.sqlite", "a.sqlite-wal", "a.sqlite-shm", "a.sqlite.lock"] {
            var status = stat()
            #expect(stat(folder.file(name), &status) == 0, "\(name)")
            #expect(status.st_mode & 0o777 == 0o600, "\(name)")
        }
        await store.close()
    }

    @Test func aSecondDaemonOnTheFileIsRefused() async throws {
        let folder = try Folder()
        let path = folder.file("a.sqlite")
        let store = try open(path)
        let line = try refusal(["path": path])
        #expect(line.hasPrefix("plugin sqlite (/"))
        #expect(line.hasSuffix("\(path) is in use by another process"))
        await store.close()
        await (try open(path)).close()
    }

    @Test func settingsAndFilesThatAreWrongGiveOneClearLine() async throws {
        let folder = try Folder()
        #expect(try refusal([:]).contains("setting 'path'"))
        #expect(try refusal(["path": folder.file("a"), "pfad": "x"]).contains("'pfad' is not known"))
        #expect(try refusal(["path": folder.file("no/such/a.sqlite")]).contains("No such file or directory"))
        try folder.write(String(repeating: "This is no database. ", count: 100), to: "text")
        #expect(try refusal(["path": folder.file("text")]).contains("file is not a database"))
    }

    @Test func aNewerSchemaIsRefused() async throws {
        let folder = try Folder()
        await (try open(folder.file("a.sqlite"))).close()
        // The schema's version stands at byte 60 of the file, big-endian.
        let descriptor = Glibc.open(folder.file("a.sqlite"), O_RDWR)
        #expect(pwrite(descriptor, [0, 0, 0, 2] as [UInt8], 4, 60) == 4)
        close(descriptor)
        #expect(try refusal(["path": folder.file("a.sqlite")]).contains("newer version (schema 2"))
    }

    /// A file system of one megabyte stands for the full disk; mounting it takes root.
    @Test(.enabled(if: geteuid() == 0))
    func aFullDiskIsFullAndChangesNothing() async throws {
        let small = try SmallDisk()
        let full = try open(small.file("a.sqlite"))
        let big = [UInt8](repeating: 1, count: 4 << 20)
        try await full.commit([.put([1], [1])], in: .acme)
        await #expect(throws: StoreError(.full, "")) { try await full.commit([.put([1], [2]), .put([2], big)], in: .acme) }
        #expect(try await full.get([1], in: .acme)?.value == [1])
        #expect(try await full.get([2], in: .acme) == nil)
        try await full.commit([.put([1], [3])], in: .acme)
        #expect(try await full.get([1], in: .acme)?.revision == 2)
        await full.close()
    }

    @Test func damageIsReportedAsSuch() async throws {
        let folder = try Folder()
        let path = folder.file("a.sqlite")
        let store = try open(path)
        for entry in UInt8(0)..<100 { try await store.commit([.put([entry], [UInt8](repeating: entry, count: 3000))], in: .acme) }
        await store.close()
        let descriptor = Glibc.open(path, O_RDWR)
        for page in 1..<20 { #expect(pwrite(descriptor, [UInt8](repeating: 0xAA, count: 64), 64, off_t(page * 4096)) == 64) }
        close(descriptor)
        let damaged = try open(path)
        let error = await #expect(throws: StoreError.self) { _ = try await damaged.scan(prefix: [], after: nil, limit: 1000, in: .acme) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains(path) == true)
        await damaged.close()
    }
}
