internal import CKCMPlugin
internal import KCMPluginHost
internal import Synchronization

/// What a check works with, in its own process.
final class CheckContext: Sendable {
    let library: PluginLibrary
    /// With `{dir}` and `{id}` filled in.
    let settings: [KitOptions.Setting]
    /// The check's own folder.
    let folder: String
    /// Different for each check of each run.
    let token: String
    let rounds: Int
    let channel: Channel
    /// How another process of this check is started.
    let command: ChildCommand
    /// Whether other checks use the same medium.
    let sharesMedium: Bool
    private let used = Mutex<[[UInt8]]>([])

    init(library: PluginLibrary, command: ChildCommand, channel: Channel) {
        self.library = library
        self.command = command
        self.channel = channel
        settings = command.settings
        folder = command.folder
        token = command.token
        rounds = command.rounds
        sharesMedium = command.sharesMedium
    }

    var threadModel: UInt32 { library.descriptor.pointee.thread_model }
    /// Namespaces that the check has made.
    var namespaces: [[UInt8]] { used.withLock { $0 } }

    /// A namespace that only this check of this run has; the shorter the word, the longer it can be made.
    func namespace(_ word: String = "a") -> [UInt8] {
        let name = Array("kit-\(token)-\(word)".utf8)
        used.withLock { if !$0.contains(name) { $0.append(name) } }
        return name
    }

    func storeFunctions() throws -> kcm_store_functions {
        guard let functions = library.store else { throw CheckSkipped("the plugin is no store") }
        return functions
    }

    func rootFunctions() throws -> kcm_root_functions {
        guard let functions = library.root else { throw CheckSkipped("the plugin is no root of trust") }
        return functions
    }

    /// Opens the store with the settings given.
    /// - Throws: ``CheckFailure`` where it does not open.
    func openStore() throws -> RawStore {
        let functions = try storeFunctions()
        let host = RawHost()
        let opening = Opening(functions.open, host, settings)
        guard opening.code == KCM_OK, let instance = opening.instance else {
            throw CheckFailure("open with the settings given: expected KCM_OK and an instance, got \(opening.answer)")
        }
        return RawStore(instance, functions, host, model: threadModel)
    }

    /// As for a store.
    func openRoot() throws -> RawRoot {
        let functions = try rootFunctions()
        let host = RawHost()
        let opening = Opening(functions.open, host, settings)
        guard opening.code == KCM_OK, let instance = opening.instance else {
            throw CheckFailure("open with the settings given: expected KCM_OK and an instance, got \(opening.answer)")
        }
        return RawRoot(instance, functions, host, model: threadModel)
    }

    /// Starts another process that plays `role` with this check's settings.
    func start(_ role: ChildCommand.Role) throws -> ChildProcess {
        var command = command
        command.role = role
        return try ChildProcess(command.line, output: folder + "/output")
    }
}
