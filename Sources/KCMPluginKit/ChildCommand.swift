/// The command line of a process that the kit starts for a check: `kcmctl plugin child …`, and back.
package struct ChildCommand: Sendable {
    /// What the process does.
    enum Role: Equatable {
        /// Run the check.
        case check
        /// Write as fast as it goes until killed (of the crash loop): group size, first sequence number, namespace's word.
        case writer(group: Int)
        /// Open the store, say so, and hold it until killed.
        case holder

        var word: String {
            switch self {
            case .check: "check"
            case .holder: "holder"
            case .writer(let group): "writer-\(group)"
            }
        }

        init?(word: String) {
            switch word {
            case "check": self = .check
            case "holder": self = .holder
            default:
                guard word.hasPrefix("writer-"), let group = Int(word.dropFirst(7)), group > 0 else { return nil }
                self = .writer(group: group)
            }
        }
    }

    /// Program and arguments in front of the child's own.
    var program: [String]
    /// A file.
    var library: String
    var check: String
    var role = Role.check
    var folder: String
    var token: String
    var rounds: Int
    var sharesMedium: Bool
    var settings: [KitOptions.Setting]

    var line: [String] {
        program + [library, check, role.word, folder, token, String(rounds), sharesMedium ? "shared" : "fresh"] + settings.map(\.line)
    }

    /// - Parameter arguments: what follows the program's own.
    init?(program: [String], arguments: [String]) {
        guard arguments.count >= 7, let role = Role(word: arguments[2]), let rounds = Int(arguments[5]) else { return nil }
        self.program = program
        library = arguments[0]
        check = arguments[1]
        self.role = role
        folder = arguments[3]
        token = arguments[4]
        self.rounds = rounds
        sharesMedium = arguments[6] == "shared"
        settings = arguments[7...].compactMap { KitOptions.Setting($0) }
    }

    init(
        program: [String],
        library: String,
        check: String,
        folder: String,
        token: String,
        rounds: Int,
        sharesMedium: Bool,
        settings: [KitOptions.Setting]
    ) {
        self.program = program
        self.library = library
        self.check = check
        self.folder = folder
        self.token = token
        self.rounds = rounds
        self.sharesMedium = sharesMedium
        self.settings = settings
    }
}
