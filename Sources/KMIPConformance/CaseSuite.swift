/// The cases of a folder, in the order in which they are replayed.
public struct CaseSuite: Sendable {
    /// One case and how it hangs together with others.
    public struct Entry: Sendable {
        public let file: CaseFile
        /// It uses what the case before it in the list has made.
        public let continuesPrevious: Bool
        /// Cases any answer of which conforms as well (``LooseRule/exclusiveOutcomes``).
        public let alternatives: [CaseFile]

        /// Whose test it is: a profile of the standard, or *Test Cases*.
        public var profile: String { CaseSuite.profile(of: file.name) }

        /// The encoding that its profile prescribes; nil where any will do.
        public var prescribed: CaseTransport? { CaseSuite.transports.first { file.name.hasPrefix($0.prefix) }?.transport }

        /// Why a client cannot replay it over an encoding; nil where it can.
        public func obstacle(over transport: CaseTransport) -> String? {
            if let reason = CaseSuite.serverIsClient[file.name] { return reason }
            guard let needed = prescribed, needed != transport else { return nil }
            return "needs --transport \(needed.rawValue)"
        }
    }

    public let entries: [Entry]

    /// - Parameter files: all cases of the folder.
    public init(_ files: [CaseFile]) {
        let sorted = files.sorted { Self.key($0.name) < Self.key($1.name) }
        var entries: [Entry] = []
        for file in sorted {
            let group = Self.exclusive.first { $0.contains(file.name) } ?? []
            let follows = entries.last.map { Self.key($0.file.name).0 == Self.key(file.name).0 } ?? false
            entries.append(
                Entry(
                    file: file,
                    continuesPrevious: follows && file.continuesAnother,
                    alternatives: sorted.filter { group.contains($0.name) && $0.name != file.name }
                )
            )
        }
        self.entries = entries
    }

    /// The entries called for, with the cases that they continue.
    /// - Throws: ``CaseError`` for a name that no case has; `-14` may be left out.
    public func entries(named names: [String]) throws(CaseError) -> [Entry] {
        guard !names.isEmpty else { return entries }
        var wanted: Set<Int> = []
        for name in names {
            guard var index = entries.firstIndex(where: { $0.file.name == name || $0.file.name == name + "-14" || $0.file.name == name + "-10" })
            else {
                throw CaseError("there is no case \(name)")
            }
            wanted.insert(index)
            while entries[index].continuesPrevious {
                index -= 1
                wanted.insert(index)
            }
        }
        return wanted.sorted().map { entries[$0] }
    }

    // MARK: What is known of the official cases

    /// Cases in which the server is the client: nothing that one can send to it makes it do that.
    private static let serverIsClient = [
        "TC-NP-1-14": "the server would send Put and Notify to the client",
        "TC-Q-S2C-1-14": "the server would send Query to the client",
    ]

    /// Cases of the profiles that prescribe an encoding.
    private static let transports: [(prefix: String, transport: CaseTransport)] = [
        ("MSGENC-HTTPS", .httpsTTLV), ("MSGENC-XML", .httpsXML), ("MSGENC-JSON", .httpsJSON),
    ]

    private static let exclusive: [Set<String>] = [["CS-RNG-O-1-14", "CS-RNG-O-2-14", "CS-RNG-O-3-14", "CS-RNG-O-4-14"]]

    private static let profiles: [(prefix: String, name: String)] = [
        ("AKLC", "Asymmetric Key Lifecycle"), ("AX", "AES XTS"), ("CS-AC", "Advanced Cryptographic"), ("CS-BC", "Basic Cryptographic"),
        ("CS-RNG", "RNG Cryptographic"), ("MSGENC-HTTPS", "HTTPS"), ("MSGENC-JSON", "JSON"), ("MSGENC-XML", "XML"),
        ("OMOS", "Opaque Managed Object Store"), ("SASED", "Storage Array with Self-Encrypting Drives"),
        ("SKFF", "Symmetric Key Foundry for FIPS 140"),
        ("SKLC", "Symmetric Key Lifecycle"), ("SUITEB_128", "Suite B minLOS_128"), ("SUITEB_192", "Suite B minLOS_192"), ("TL", "Tape Library"),
        ("TC", "Test Cases"),
    ]

    static func profile(of name: String) -> String { profiles.first { name.hasPrefix($0.prefix) }?.name ?? "" }

    /// What comes before the last number but one (the version), and that number: `SKFF-M-9` stands before `SKFF-M-10`.
    private static func key(_ name: String) -> (String, Int) {
        let parts = name.split(separator: "-")
        guard parts.count > 2, let number = Int(parts[parts.count - 2]) else { return (name, 0) }
        return (parts.dropLast(2).joined(separator: "-"), number)
    }
}

/// How messages get to the server.
public enum CaseTransport: String, Sendable, CaseIterable {
    /// TTLV over TLS.
    case ttlv
    /// TTLV in POST /kmip.
    case httpsTTLV = "https-ttlv"
    /// XML in POST /kmip.
    case httpsXML = "https-xml"
    /// JSON in POST /kmip.
    case httpsJSON = "https-json"
}
