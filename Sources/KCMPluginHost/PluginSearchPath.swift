internal import Glibc

/// Where plugins are looked for: a name becomes `libkcm-<name>.so` in the first folder that has it; anything with a `/` is a path.
public struct PluginSearchPath: Sendable, Hashable {
    /// Folders, first wins.
    public var folders: [String]

    public init(folders: [String]) { self.folders = folders }

    /// `KCM_PLUGIN_PATH` (folders, separated by `:`), then `../lib/kcm/plugins` beside the executable's folder, then that folder itself.
    /// - Parameter first: folders of the configuration, looked at before all others.
    public static func standard(first: [String] = []) -> PluginSearchPath {
        var folders = first
        if let path = getenv("KCM_PLUGIN_PATH") { folders += String(cString: path).split(separator: ":").map(String.init) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        if length > 0 {
            let executable = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = executable.lastIndex(of: "/").map { String(executable[..<$0]) } ?? "."
            folders += [folder + "/../lib/kcm/plugins", folder]
        }
        return PluginSearchPath(folders: folders)
    }

    /// The file of a plugin.
    /// - Throws: ``PluginError`` that names the folders where it was looked for.
    func file(of plugin: String) throws(PluginError) -> String {
        if plugin.contains("/") {
            guard access(plugin, R_OK) == 0 else { throw PluginError(plugin, file: plugin, "the file cannot be read: \(errorText())") }
            return plugin
        }
        for folder in folders {
            let path = "\(folder)/libkcm-\(plugin).so"
            if access(path, R_OK) == 0 { return path }
        }
        throw PluginError(plugin, file: nil, "libkcm-\(plugin).so is in none of \(folders.joined(separator: ", "))")
    }

    /// Every plugin file that the folders hold, by path, in order.
    public func files() -> [String] {
        var found: [String] = []
        var names: Set<String> = []
        for folder in folders {
            guard let directory = opendir(folder) else { continue }
            defer { closedir(directory) }
            var here: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasPrefix("libkcm-"), name.hasSuffix(".so"), names.insert(name).inserted { here.append("\(folder)/\(name)") }
            }
            found += here.sorted()
        }
        return found
    }
}

/// errno in words.
func errorText() -> String { String(cString: strerror(errno)) }
