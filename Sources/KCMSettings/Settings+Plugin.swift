extension Settings {
    /// A plugin and what it is told.
    public struct Plugin: Sendable, Equatable {
        /// A name (`sqlite`, found as `libkcm-sqlite.so` on the search path), or a path to a library where it contains a slash.
        public let plugin: String
        /// The plugin's own settings in the order of the file, as strings; the daemon does not know their meaning. Under `path`,
        /// `file`, `directory` and any key that ends in one of those after an underscore, relative values were resolved.
        public let settings: [Setting]
        /// The configuration file and line, for messages about this plugin.
        public let origin: String

        /// The value of one setting.
        public subscript(key: String) -> String? { settings.first { $0.key == key }?.value }

        /// One of the plugin's own settings.
        public struct Setting: Sendable, Equatable {
            public let key: String
            public let value: String
        }
    }

    /// Where plugins are looked for and how long one may take.
    public struct PluginSearch: Sendable, Equatable {
        /// Folders searched before the built-in ones, in order.
        public let path: [String]
        /// The longest that one call into a plugin may take.
        public let timeout: Duration
    }
}
