import KCMPluginHost
import KCMStore
import Logging
import Testing

/// The shipped stores that the contract tests run against.
enum Keystore: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite, lmdb, file, memory, pkcs11

    /// Those that keep what they are given.
    static let durable: [Keystore] = [.sqlite, .lmdb, .file]

    var testDescription: String { rawValue }

    /// Opens the store at `path`, which is made where it is not there.
    func open(_ path: String, settings: [String: String] = [:], logger: Logger = .silent) throws -> PluginStore {
        try PluginStore(
            try PluginLibrary.load(rawValue, searchPath: .standard()),
            settings: try place(path).merging(settings) { $1 },
            logger: logger,
            deadline: noDeadline
        )
    }

    /// The settings that say where the store is. On a token the path becomes a name.
    private func place(_ path: String) throws -> [String: String] {
        switch self {
        case .memory: [:]
        case .pkcs11:
            try Token.shared.get().settings([
                "name": String(path.split(separator: "/").suffix(2).joined(separator: "-")), "lock_file": path + ".lock",
            ])
        case .sqlite, .lmdb, .file: ["path": path]
        }
    }

    /// A fresh, empty store.
    func open(in folder: Folder) throws -> PluginStore { try open(folder.file("store.\(rawValue)")) }

    /// The line that opening with these settings fails with.
    func refusal(_ settings: [String: String]) throws -> String {
        let library = try PluginLibrary.load(rawValue, searchPath: .standard())
        let error = #expect(throws: PluginError.self) { _ = try PluginStore(library, settings: settings, logger: .silent) }
        return "\(try #require(error))"
    }

    /// Runs `body` with a fresh store and closes it, whatever happens.
    func with(_ body: (PluginStore) async throws -> Void) async throws {
        let folder = try Folder()
        let store = try open(in: folder)
        do { try await body(store) } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

extension Namespace {
    static let acme = Namespace("acme")
    static let globex = Namespace("globex")
}

extension [UInt8] {
    /// UTF-8 of a literal: keys and values read better so.
    init(_ text: String) { self = Array(text.utf8) }
}
