/// A plugin that cannot be loaded or opened: one line that names the plugin, its file, and what is wrong.
public struct PluginError: Error, Sendable, CustomStringConvertible {
    /// As the configuration names it.
    public let plugin: String
    /// `nil` where no file was found.
    public let file: String?
    /// What is wrong, the plugin's own words included.
    public let reason: String

    init(_ plugin: String, file: String?, _ reason: String) {
        self.plugin = plugin
        self.file = file
        self.reason = reason
    }

    public var description: String {
        if let file, file != plugin { "plugin \(plugin) (\(file)): \(reason)" } else { "plugin \(plugin): \(reason)" }
    }
}
