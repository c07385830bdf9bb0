import Glibc
import KCMPluginHost
import KCMStore
import Testing

extension StoresOnDisk {
    /// The `file` store: what it does with its folder, its journal and a crash.
    @Suite struct FileStoreTests {
        private let folder: Folder
        private let path: String
        private var acme: String { "\(path)/records/acme" }
        init() throws {
            folder = try Folder()
            path = folder.file("store")
        }

        private func open(_ settings: [String: String] = [:]) throws -> PluginStore { try Keystore.file.open(path, settings: settings) }

        private func value(_ key: String, _ store: PluginStore) async throws -> String? {
            try await store.get([UInt8](key), in: .acme).map { String(decoding: $0.value, as: UTF8.self) }
        }

        @Test func namesAreSafeAndReadable() async throws {
            let store = try open()
            let keys: [[UInt8]] = [
                [UInt8]("plain-1_a"), [UInt8]("../../escape"), [UInt8](".."), [], [0, 255], [UInt8]("Big"), [UInt8](repeating: 65, count: 500),
            ]
            try await store.commit(keys.map { .put($0, [1]) }, in: .acme)
            try await store.commit([.put([1], [1])], in: Namespace("../../evil"))
            let names = try Files.names(acme)
            #expect(names.filter { !$0.hasPrefix("=") } == ["%", "%00%ff", "%2e%2e", "%2e%2e%2f%2e%2e%2fescape", "%42ig", "plain-1_a"])
            #expect(names.filter { $0.hasPrefix("=") }.map(\.count) == [65])
            #expect(try Files.names("\(path)/records") == ["%2e%2e%2f%2e%2e%2fevil", "acme"])
            #expect(try Files.names(folder.path) == ["store"])
            try await store.commit(keys.map { .remove($0) }, in: .acme)
            #expect(try Files.names("\(path)/records") == ["%2e%2e%2f%2e%2e%2fevil"])
            await store.close()
        }

        @Test func recordsThatACrashToreComeBackFromTheJournal() async throws {
            try await Driver("drive").abandon(.file, path, groups: 9)
            for name in try Files.names(acme) { try Files.cut("\(acme)/\(name)", to: 10) }
            try await Shell.run("rm '\(acme)/8' && echo half > '\(acme)/+7' && cp '\(acme)/9' '\(acme)/1'")
            let store = try open()
            #expect(try Files.names(acme) == ["2", "4", "6", "8", "9", "last"])
            for key in ["2", "4", "6", "8", "9"] { #expect(try await value(key, store) == key) }
            #expect(try await value("last", store) == "9")
            await store.close()
            #expect(try await verify(.file, path) == "0 \n")
        }

        /// Where group `number` (from 1) of one page each stands in the journal.
        private func offset(_ number: Int) -> Int { 8192 + 4096 * (number - 1) }

        @Test func aTornLastGroupIsDropped() async throws {
            try await Driver("drive").abandon(.file, path, groups: 5)
            // Its files are not in place before its sync is back.
            try await Shell.run("rm '\(acme)/5' '\(acme)/last'")
            try Files.write([UInt8](repeating: 0, count: 20), to: "\(path)/journal", at: offset(5) + 40)
            let store = try open()
            #expect(try await value("last", store) == "4")
            #expect(try await value("5", store) == nil)
            try await store.commit([.put([UInt8]("5"), [UInt8]("new"), expecting: .absent)], in: .acme)
            await store.close()
            let reopened = try open()
            #expect(try await value("5", reopened) == "new")
            await reopened.close()
        }

        @Test func damageBeforeTheLastGroupIsRefused() async throws {
            try await Driver("drive").abandon(.file, path, groups: 5)
            try Files.flip("\(path)/journal", at: offset(2) + 50)
            #expect(try Keystore.file.refusal(["path": path]).hasSuffix("\(path)/journal is damaged in group 2"))
            // Nor does a second try go on as if nothing had been.
            #expect(try Keystore.file.refusal(["path": path]).hasSuffix("\(path)/journal is damaged in group 2"))
            try Files.flip("\(path)/journal", at: offset(2) + 50)
            let store = try open()
            #expect(try await value("last", store) == "5")
            await store.close()
        }

        @Test func aJournalThatIsGoneIsRefused() async throws {
            try await Driver("drive").abandon(.file, path, groups: 5)
            try await Shell.run("rm '\(path)/journal'")
            #expect(try Keystore.file.refusal(["path": path]).hasSuffix("\(path) has records and no journal"))
        }

        @Test func theJournalStartsAnewAndStaysSmall() async throws {
            let store = try open(["journal_size": "16KiB"])
            for round in 0..<200 {
                try await store.commit(
                    [.put([UInt8](round.description), [UInt8](round.description)), .put([UInt8]("big"), [UInt8](repeating: 1, count: round * 100))],
                    in: .acme)
            }
            #expect(try #require(Files.size("\(path)/journal")) <= 64 << 10)
            await store.close()
            let reopened = try open(["journal_size": "16KiB"])
            for round in 0..<200 { #expect(try await value(round.description, reopened) == round.description) }
            #expect(try await reopened.get([UInt8]("big"), in: .acme)?.revision == 200)
            await reopened.close()
        }

        @Test func aTornRecordIsCorruptAndCanBeReplaced() async throws {
            let store = try open()
            try await store.commit((0..<5).map { .put([UInt8]($0.description), [UInt8](repeating: 1, count: 3000)) }, in: .acme)
            await store.close()
            try Files.cut("\(acme)/2", to: 2000)
            try Files.flip("\(acme)/3", at: 1500)
            let lines = LogLines()
            let torn = try Keystore.file.open(path, logger: lines.logger)
            #expect(lines.all == ["error file records/acme/2 is damaged or none of this store's"])
            for key in ["2", "3"] {
                let error = await #expect(throws: StoreError.self) { _ = try await torn.get([UInt8](key), in: .acme) }
                #expect(error?.code == .corrupt)
                #expect(error?.message.hasSuffix("\(acme)/\(key) is not what was written") == true)
            }
            await #expect(throws: StoreError(.corrupt, "")) { _ = try await torn.scan(prefix: [], after: nil, limit: 10, in: .acme) }
            #expect(try await torn.get([UInt8]("4"), in: .acme)?.revision == 1)
            await #expect(throws: StoreError(.corrupt, "")) { try await torn.commit([.put([UInt8]("2"), [])], in: .acme) }
            try await torn.commit([.remove([UInt8]("2")), .remove([UInt8]("3"))], in: .acme)
            try await torn.commit([.put([UInt8]("2"), [7], expecting: .absent)], in: .acme)
            #expect(try await torn.scan(prefix: [], after: nil, limit: 10, in: .acme).count == 4)
            await torn.close()
        }

        @Test(arguments: ["cut", "changed", "gone", "moved", "link"])
        func verifyFindsWhatIsWrong(_ damage: String) async throws {
            let store = try open()
            try await store.commit((0..<5).map { .put([UInt8]($0.description), [UInt8](repeating: 1, count: 3000)) }, in: .acme)
            switch damage {
            case "cut": try Files.cut("\(acme)/2", to: 2000)
            case "changed": try Files.flip("\(acme)/2", at: 2000)
            case "gone": try await Shell.run("rm '\(acme)/2'")
            case "moved": try await Shell.run("cp '\(acme)/1' '\(acme)/2'")
            default: try await Shell.run("mv '\(acme)/2' '\(folder.file("elsewhere"))' && ln -s '\(folder.file("elsewhere"))' '\(acme)/2'")
            }
            await #expect(throws: StoreError(.corrupt, "")) { _ = try await store.get([UInt8]("2"), in: .acme) }
            #expect(try await store.get([UInt8]("1"), in: .acme)?.revision == 1)
            await store.close()
            // What is gone is not missed by a store that is opened anew; everything else is found.
            #expect(try await verify(.file, path).hasPrefix(damage == "gone" ? "0" : "6 \(path)/records/acme/2 "))
        }

        @Test func foldersAndFormatsThatAreNoneOfItsOwnAreRefused() async throws {
            await (try open()).close()
            try folder.write("kcm-file-store 2\n", to: "store/format")
            #expect(try Keystore.file.refusal(["path": path]).hasSuffix("\(path) was written by a newer version (format 2, this one reads up to 1)"))
            try folder.write("something\n", to: "store/format")
            #expect(try Keystore.file.refusal(["path": path]).hasSuffix("\(path)/format is none of this store's"))
            try await Shell.run("rm '\(path)/format'")
            #expect(try Keystore.file.refusal(["path": path]).hasSuffix("\(path) has records and no file 'format'"))
            try await Shell.run("mkdir -m 777 '\(folder.file("open"))'")
            #expect(try Keystore.file.refusal(["path": folder.file("open")]).contains("may be written to by others than its owner"))
        }
    }
}
