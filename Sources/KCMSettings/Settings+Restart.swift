extension Settings {
    /// What is set otherwise in `other` and holds from the next start only, by name. Limits are not among it: the daemon says itself which
    /// of them it takes.
    public func waitingForRestart(in other: Settings) -> [String] {
        let parts: [(name: String, isSame: Bool)] = [
            ("mode", mode == other.mode),
            ("node", node == other.node),
            ("listen", listen == other.listen),
            // Of the files that it names the contents are read again, not their paths.
            ("tls", tls == other.tls),
            ("keystore", keystore.isSame(as: other.keystore)),
            ("root", root.map { own in other.root.map { own.isSame(as: $0) } ?? false } ?? (other.root == nil)),
            ("core", core == other.core),
            ("sealing", sealing == other.sealing),
            ("audit", audit == other.audit),
            ("cache", cache == other.cache),
            ("plugins", plugins == other.plugins),
            ("log.format", log.format == other.log.format),
            ("provision", provision == other.provision),
        ]
        return parts.filter { !$0.isSame }.map(\.name)
    }
}

extension Settings.Plugin {
    /// Wherever in the file it stands.
    fileprivate func isSame(as other: Self) -> Bool { plugin == other.plugin && settings == other.settings }
}
