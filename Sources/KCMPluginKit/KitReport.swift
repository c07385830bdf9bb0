/// What a run of the kit found.
package struct KitReport: Sendable {
    package let plugin: Plugin
    package let outcomes: [Outcome]
    /// Whether each check had a medium of its own.
    package let hasFreshMedia: Bool
    /// Where the checks' folders were kept.
    package let folder: String?

    package func count(_ result: Outcome.Result) -> Int { outcomes.count { $0.result == result } }
    /// No check failed.
    package var isConforming: Bool { count(.fail) == 0 }

    /// What the plugin says of itself.
    package struct Plugin: Sendable {
        package internal(set) var file: String
        package internal(set) var name = ""
        package internal(set) var version = ""
        package internal(set) var abi = ""
        package internal(set) var threadModel = ""
        package internal(set) var isStore = false
        package internal(set) var isRoot = false
        package internal(set) var isDurable = false

        /// Reads the words of ``PluginChecks/summary(_:)``; the file comes last, for its spaces.
        mutating func read(_ text: String) {
            let words = text.split(separator: " ", maxSplits: 7, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 8 else { return }
            (name, version, abi, threadModel) = (words[0], words[1], words[2], words[3])
            (isStore, isRoot, isDurable) = (words[4] == "1", words[5] == "1", words[6] == "1")
            file = words[7]
        }

        /// Whether the plugin declares what a check looks at.
        func isConcerned(_ check: Check) -> Bool {
            switch check.subject {
            case .plugin: true
            case .store: isStore
            case .root: isRoot
            }
        }

        func reasonToSkip(_ check: Check) -> String? { check.needsDurable && !isDurable ? "the plugin does not declare KCM_CAP_DURABLE" : nil }
    }
}
