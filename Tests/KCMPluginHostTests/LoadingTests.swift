import KCMPluginHost
import KCMStore
import Testing

/// What the host says to a library that is not, or not quite, a plugin: one line that names plugin, file and fault.
@Suite struct LoadingTests {
    /// A fault, as preprocessor lines for the fixture, and what the line has to say.
    struct Fault: Sendable, CustomTestStringConvertible {
        let defines: [String]
        let words: String
        init(_ defines: String..., says words: String) {
            self.defines = defines
            self.words = words
        }
        var testDescription: String { defines.joined(separator: " ") }
    }

    @Test(arguments: [
        Fault("NO_ENTRY", says: "is no plugin: it does not export kcm_plugin_entry"),
        Fault("NO_DESCRIPTOR", says: "gave no descriptor: it cannot work here"),
        Fault("MAGIC=0x12345678", says: "is no plugin: its descriptor does not start with the magic number"),
        Fault("MAJOR=2", "MINOR=3", says: "is built for ABI 2.3; this daemon has 1.0"),
        Fault("SIZE=40", says: "has a descriptor of 40 bytes, which is shorter than ABI 1.0"),
        Fault("MODEL=9", says: "declares thread model 9, which is not known"),
        Fault("CAPABILITIES=0", says: "declares neither a store nor a root of trust"),
        Fault("GET=NULL", says: "lacks the store function get"),
        // A table that ends behind `scan`: what lies beyond counts as absent, though it is there.
        Fault("TABLE_SIZE=56", says: "lacks the store functions namespaces, statistics, health"),
    ])
    func aFaultyLibraryIsRefused(_ fault: Fault) async throws {
        let plugin = try await BuiltPlugin(defines: fault.defines)
        let error = try #require(#expect(throws: PluginError.self) { _ = try plugin.load() })
        #expect("\(error)" == "plugin \(plugin.file): \(fault.words)")
        #expect(error.file == plugin.file)
    }

    @Test(arguments: [
        Fault("LEAST_KEY=511", says: "declares limits below the least of the contract (keys of 512 bytes, values of 4,096, 64 writes a batch)"),
        Fault("NO_INSTANCE", says: "opened without giving an instance"),
    ])
    func aStoreThatDoesNotOpenAsItShouldIsRefused(_ fault: Fault) async throws {
        let plugin = try await BuiltPlugin(defines: fault.defines)
        let error = try #require(#expect(throws: PluginError.self) { _ = try plugin.open() })
        #expect("\(error)" == "plugin fixture (\(plugin.file)): \(fault.words)")
    }

    @Test func thePluginsOwnWordsReachTheOperator() async throws {
        let plugin = try await BuiltPlugin()
        let error = try #require(#expect(throws: PluginError.self) { _ = try plugin.open(settings: ["color": "red"]) })
        #expect("\(error)" == "plugin fixture (\(plugin.file)): setting 'color' is not known; there is 'colour'")
    }

    @Test func settingsAndLogLinesCrossTheBorder() async throws {
        let lines = LogLines()
        let store = try await BuiltPlugin().open(settings: ["colour": "grün"], logger: lines.logger)
        await store.close()
        #expect(lines.all == ["warning fixture grün"])
    }

    @Test func aStoreIsNoRootOfTrustUnlessItSaysSo() async throws {
        let plugin = try await BuiltPlugin("CAPABILITIES=KCM_CAP_STORE")
        let error = try #require(#expect(throws: PluginError.self) { _ = try plugin.openRoot() })
        #expect("\(error)" == "plugin fixture (\(plugin.file)): is no root of trust")
        await (try plugin.open()).close()
    }

    @Test func aNewerMinorVersionWithLongerStructsWorks() async throws {
        let plugin = try await BuiltPlugin("MINOR=7", "SIZE=4096", "TABLE_SIZE=4096")
        #expect(try plugin.load().info.abi == "1.7")
        let store = try plugin.open()
        #expect(try await store.get([1], in: .acme)?.value == [UInt8]("value"))
        await store.close()
    }

    @Test func thePluginSaysWhatItIs() async throws {
        let plugin = try await BuiltPlugin("MODEL=KCM_THREADS_SERIALIZED", "CAPABILITIES=KCM_CAP_STORE|KCM_CAP_DURABLE")
        let info = try plugin.load().info
        #expect(info.name == "fixture" && info.version == "0.1" && info.vendor == "Tests" && info.summary == "Does what a test asks of it")
        #expect(info.abi == "1.0" && info.file == plugin.file && info.threadModel == .serialized)
        #expect(info.isStore && !info.isRootOfTrust && info.isDurable)
    }

    @Test func aNameIsLookedForInTheFoldersInOrder() async throws {
        let first = try await BuiltPlugin("MINOR=1"), second = try await BuiltPlugin("MINOR=2")
        let path = PluginSearchPath(folders: ["/nowhere", first.folder.path, second.folder.path])
        #expect(try PluginLibrary.load("fixture", searchPath: path).info.abi == "1.1")
        #expect(path.files() == [first.file])
        let error = try #require(#expect(throws: PluginError.self) { _ = try PluginLibrary.load("none", searchPath: path) })
        #expect("\(error)" == "plugin none: libkcm-none.so is in none of /nowhere, \(first.folder.path), \(second.folder.path)")
        #expect(error.file == nil)
    }

    @Test func aFileThatIsNoLibraryIsRefused() throws {
        let folder = try Folder()
        try folder.write("text", to: "libkcm-text.so")
        let error = try #require(
            #expect(throws: PluginError.self) { _ = try PluginLibrary.load("text", searchPath: PluginSearchPath(folders: [folder.path])) })
        #expect("\(error)".hasPrefix("plugin text (\(folder.file("libkcm-text.so"))): cannot be loaded: "))
        #expect(throws: PluginError.self) { _ = try PluginLibrary.load(folder.file("gone.so"), searchPath: PluginSearchPath(folders: [])) }
    }

    @Test func theStandardPathHasTheShippedPlugins() throws {
        for name in ["sqlite", "lmdb", "memory", "file", "pkcs11"] {
            let info = try PluginLibrary.load(name, searchPath: .standard()).info
            #expect(info.name == name)
            #expect(info.isStore)
            #expect(info.isRootOfTrust == (name == "file" || name == "pkcs11"))
        }
    }
}
