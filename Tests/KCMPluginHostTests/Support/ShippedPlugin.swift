/// The shipped plugins, built by gcc from their sources and the header alone, as a third party would.
enum ShippedPlugin {
    /// What each links.
    static let libraries = ["sqlite": "-lsqlite3", "lmdb": "-llmdb", "memory": "", "file": "-lcrypto", "pkcs11": "-lp11 -lcrypto"]

    /// Builds the plugin into `folder`.
    /// - Returns: the library's path.
    static func build(_ name: String, in folder: Folder) async throws -> String {
        let file = folder.file("libkcm-\(name).so")
        let plugins = "\(Repository.root)/Plugins"
        try await Shell.run(
            "gcc -std=c11 -D_GNU_SOURCE -O2 -g -shared -fPIC -fvisibility=hidden -Wall -Wextra -Werror -I'\(Repository.header)' -I'\(plugins)/common/src' '\(plugins)/common/src/'*.c '\(plugins)/\(name)/src/'*.c -o '\(file)' \(libraries[name, default: ""])"
        )
        return file
    }
}
