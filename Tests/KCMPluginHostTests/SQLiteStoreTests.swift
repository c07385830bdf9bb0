import Glibc
import KCMPluginHost
import KCMStore
import Testing

extension StoresOnDisk {
    @Suite struct SQLiteStoreTests {
        private func open(_ path: String) throws -> PluginStore { try Keystore.sqlite.open(path) }

        @Test func aFileThatIsNoDatabaseIsRefused() throws {
            let folder = try Folder()
            try folder.write(String(repeating: "This is no database. ", count: 100), to: "text")
            #expect(try Keystore.sqlite.refusal(["path": folder.file("text")]).contains("file is not a database"))
        }

        @Test func theFirstSchemaIsBroughtUpToDate() async throws {
            let folder = try Folder()
            let path = folder.file("a.sqlite")
            let rows = #"[(b"acme", bytes([i]), bytes([i]) * 2000, i + 1) for i in range(100)]"#
            let table =
                "CREATE TABLE entry (name_space BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (name_space, key)) WITHOUT ROWID"
            try await Shell.run(
                "python3 -c 'import sqlite3; d = sqlite3.connect(\"\(path)\"); d.execute(\"\(table)\"); d.executemany(\"INSERT INTO entry VALUES (?,?,?,?)\", \(rows)); d.execute(\"PRAGMA user_version = 1\"); d.commit()'"
            )
            let store = try open(path)
            let entries = try await store.scan(prefix: [], after: nil, limit: 1000, in: .acme)
            #expect(entries.count == 100)
            #expect(entries.allSatisfy { $0.value == [UInt8](repeating: $0.key[0], count: 2000) && $0.revision == UInt64($0.key[0]) + 1 })
            await store.close()
            #expect(try await verify(.sqlite, path) == "0 \n")
        }

        @Test func aNewerSchemaIsRefused() async throws {
            let folder = try Folder()
            await (try open(folder.file("a.sqlite"))).close()
            // The schema's version stands at byte 60 of the file, big-endian.
            let descriptor = Glibc.open(folder.file("a.sqlite"), O_RDWR)
            #expect(pwrite(descriptor, [0, 0, 0, 3] as [UInt8], 4, 60) == 4)
            close(descriptor)
            #expect(try Keystore.sqlite.refusal(["path": folder.file("a.sqlite")]).contains("newer version (schema 3"))
        }

        /// Bytes of a file; 0 where there is none.
        private func size(_ path: String) -> Int {
            var status = stat()
            return stat(path, &status) == 0 ? Int(status.st_size) : 0
        }

        /// SQLite by itself would begin at a thousand pages, in a commit.
        @Test func theLogIsCopiedBesideCommits() async throws {
            let folder = try Folder()
            let path = folder.file("a.sqlite")
            let store = try open(path)
            for entry in UInt8(0)..<20 { try await store.commit([.put([entry], [UInt8](repeating: 1, count: 40_000))], in: .acme) }
            #expect(size(path + "-wal") < 900 * 4096)
            for _ in 0..<2000 where size(path) < 64 * 4096 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(size(path) >= 64 * 4096)
            await store.close()
            #expect(size(path + "-wal") == 0)
        }

        @Test(.enabled(if: geteuid() == 0)) func aLogThatCannotBeCopiedIsTold() async throws {
            let disk = try SmallDisk()
            let lines = LogLines()
            let path = disk.file("a.sqlite")
            let store = try Keystore.sqlite.open(path, logger: lines.logger)
            // Room for the log, and none for the same pages in the database.
            try await Shell.run("dd if=/dev/zero of='\(disk.file("filler"))' bs=4k count=90")
            for entry in UInt8(0)..<9 { try? await store.commit([.put([entry], [UInt8](repeating: 1, count: 60_000))], in: .acme) }
            for _ in 0..<2000 where lines.all.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            #expect(lines.all.first?.hasPrefix("warning sqlite cannot copy the write-ahead log into \(path): ") == true)
            #expect(try await store.get([0], in: .acme)?.value.count == 60_000)
            await store.close()
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
            #expect(try await verify(.sqlite, path).hasPrefix("6 \(path): "))
        }
    }
}
