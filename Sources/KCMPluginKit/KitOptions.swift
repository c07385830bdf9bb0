/// What the kit is asked to do.
package struct KitOptions: Sendable {
    /// A plugin's name or path.
    package var plugin: String
    /// In the order given. `{dir}` in a value stands for a fresh folder for each check, `{id}` for a word that is different for each.
    package var settings: [Setting]
    /// Of the root of trust, where a plugin that is a store as well takes others; `nil`: the same.
    package var rootSettings: [Setting]?
    /// Patterns of checks to run; empty: all.
    package var only: [String] = []
    /// Patterns of checks to leave out.
    package var skip: [String] = []
    /// Of the crash loop.
    package var rounds = 200
    /// Leave folders and namespaces as they are.
    package var keep = false

    package init(plugin: String, settings: [Setting]) {
        self.plugin = plugin
        self.settings = settings
    }

    package struct Setting: Sendable, Equatable {
        package var key: String
        package var value: String

        /// - Parameter line: `key=value`; `nil` where it has no `=` or no key.
        package init?(_ line: String) {
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else { return nil }
            key = String(line[..<equals])
            value = String(line[line.index(after: equals)...])
        }

        init(key: String, value: String) {
            self.key = key
            self.value = value
        }

        var line: String { "\(key)=\(value)" }
    }

    /// Whether every check has a medium of its own.
    package var hasFreshMedia: Bool { settings.isEmpty || settings.contains { $0.value.contains("{dir}") || $0.value.contains("{id}") } }

    /// What a check opens the plugin with.
    func settings(for subject: Check.Subject) -> [Setting] { subject == .root ? rootSettings ?? settings : settings }
}
