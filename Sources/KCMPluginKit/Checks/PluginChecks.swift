internal import CKCMPlugin
internal import KCMPluginHost

/// The library and its descriptor.
enum PluginChecks {
    static let loading = Check("plugin.load", "loads, exports kcm_plugin_entry, and its descriptor and tables are complete", of: .plugin) { _ in }

    static let all: [Check] = [
        loading,
        Check("plugin.symbols", "exports kcm_plugin_entry and nothing else", of: .plugin, symbols),
        Check("plugin.descriptor", "name, version, vendor, description and ABI are well-formed", of: .plugin, descriptor),
        Check("plugin.descriptor.constant", "the entry gives the same descriptor each time, on any thread", of: .plugin, constant),
        Check("plugin.capabilities", "capabilities are known bits and go with the tables that are there", of: .plugin, capabilities),
    ]

    /// For the kit's report; see ``KitReport/Plugin/read(_:)``.
    static func summary(_ library: PluginLibrary) -> String {
        let info = library.info
        func bit(_ is: Bool) -> String { `is` ? "1" : "0" }
        let word = { (text: String) in text.replacing(" ", with: "-") }
        return [
            word(info.name), word(info.version), info.abi, info.threadModel.rawValue, bit(info.isStore), bit(info.isRootOfTrust), bit(info.isDurable),
            info.file,
        ].joined(separator: " ")
    }

    private static func symbols(_ context: CheckContext) throws {
        guard let exports = SymbolTable.exports(of: context.library.info.file) else { throw CheckSkipped("the library is no 64-bit ELF file") }
        let others = exports.filter { $0 != "kcm_plugin_entry" }
        let more = others.count > 5 ? " and \(others.count - 5) more" : ""
        try expect(
            others.isEmpty,
            "expected kcm_plugin_entry alone, found also \(others.prefix(5).joined(separator: ", "))\(more); build with -fvisibility=hidden")
    }

    private static func descriptor(_ context: CheckContext) throws {
        let descriptor = context.library.descriptor.pointee
        func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
            guard let pointer else { throw CheckFailure("\(name) is NULL") }
            guard let text = String(validatingCString: pointer), !text.isEmpty else { throw CheckFailure("\(name) is empty or not UTF-8") }
            try expect(!text.contains(where: \.isNewline), "\(name) has more than one line")
            return text
        }
        let name = try text(descriptor.name, "name")
        try expect(name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }, "name '\(name)' is not of a-z, 0-9 and -")
        _ = try text(descriptor.version, "version")
        _ = try text(descriptor.vendor, "vendor")
        _ = try text(descriptor.description, "description")
        let known = MemoryLayout<kcm_plugin_descriptor>.size
        if descriptor.abi_minor <= KCM_ABI_MINOR {
            try expect(
                Int(descriptor.struct_size) <= known,
                "struct_size is \(descriptor.struct_size), but ABI \(context.library.info.abi) has \(known) bytes")
        }
    }

    private static func constant(_ context: CheckContext) throws {
        let library = context.library
        let first = UInt(bitPattern: library.descriptor)
        try Threads.run(4) { _ in
            try expect(UInt(bitPattern: library.entry()) == first, "another call of kcm_plugin_entry gave another descriptor")
        }
    }

    private static func capabilities(_ context: CheckContext) throws {
        let descriptor = context.library.descriptor.pointee
        let known = KCM_CAP_STORE | KCM_CAP_ROOT | KCM_CAP_DURABLE | KCM_CAP_NONBLOCKING_READS
        let unknown = descriptor.capabilities & ~known
        try expect(
            unknown == 0 || descriptor.abi_minor > KCM_ABI_MINOR, "capabilities has bits that ABI 1.0 does not have: 0x\(String(unknown, radix: 16))")
        let isStore = descriptor.capabilities & KCM_CAP_STORE != 0
        for (bit, name) in [(KCM_CAP_DURABLE, "KCM_CAP_DURABLE"), (KCM_CAP_NONBLOCKING_READS, "KCM_CAP_NONBLOCKING_READS")] {
            try expect(isStore || descriptor.capabilities & bit == 0, "\(name) is declared without KCM_CAP_STORE")
        }
        try expect(isStore || descriptor.store == nil, "there is a store table without KCM_CAP_STORE")
        try expect(descriptor.capabilities & KCM_CAP_ROOT != 0 || descriptor.root == nil, "there is a root table without KCM_CAP_ROOT")
        if let store = descriptor.store {
            try expect(store.pointee.struct_size >= MemoryLayout<kcm_store_functions>.size, "the store table's struct_size is below ABI 1.0's")
        }
        if let root = descriptor.root {
            try expect(root.pointee.struct_size >= MemoryLayout<kcm_root_functions>.size, "the root table's struct_size is below ABI 1.0's")
        }
    }
}
