/// Every check there is, in the order in which they run.
package enum CheckTable {
    package static let all: [Check] =
        PluginChecks.all
        + OpenChecks.all(.store) + EntryChecks.all + RevisionChecks.all + ExpectationChecks.all + BatchChecks.all + GroupChecks.all
        + RestoreChecks.all
        + BytesChecks.all + LimitChecks.all + ScanChecks.all + NamespaceChecks.all + AccountChecks.all + ConcurrencyChecks.all + SinkChecks.all
        + ErrorChecks.all + MisuseChecks.all + ProcessChecks.all(.store) + ReopenChecks.all + CrashChecks.all + MemoryChecks.all(.store)
        + OpenChecks.all(.root) + RootChecks.all + ProcessChecks.all(.root) + MemoryChecks.all(.root)

    static func named(_ name: String) -> Check? { all.first { $0.name == name } }

    /// Whether a check is meant by a pattern: its name, or the beginning of it up to a dot.
    package static func matches(_ check: Check, _ pattern: String) -> Bool { check.name == pattern || check.name.hasPrefix(pattern + ".") }
}
