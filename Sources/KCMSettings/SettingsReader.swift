/// Walks a document against what each section may hold, and collects everything that is wrong on the way.
///
/// Every scalar is looked up in the environment first: `listen.kmip.port` is `KCM_LISTEN_KMIP_PORT`. A function that finds something
/// wrong notes it and returns a stand-in, so that one run reports all errors.
struct SettingsReader {
    /// As the operator named it, for messages.
    let file: String
    private let folder: String
    private let environment: [String: String]
    private(set) var errors: [SettingsError] = []
    private var known: Set<String> = []

    /// Variables that are ours and no configuration value.
    static let otherVariables: Set<String> = ["KCM_PLUGIN_PATH", "KCM_TESTCASES"]

    init(file: String, environment: [String: String]) {
        self.file = file
        self.environment = environment
        folder = file.lastIndex(of: "/").map { String(file[..<$0]) + "/" } ?? ""
    }

    /// A mapping of the document and where it stands.
    struct Section {
        let path: [String]
        let entries: [Document.Entry]
        let line: Int

        subscript(key: String) -> Document? { entries.first { $0.key == key }?.value }
        func dotted(_ key: String) -> String { (path + [key]).joined(separator: ".") }
    }

    /// A scalar and where it came from.
    struct Text {
        let string: String
        let origin: String
    }

    mutating func fail(_ code: SettingsError.Code, _ origin: String, _ message: String) {
        errors.append(SettingsError(code, origin, message))
    }

    func origin(_ line: Int) -> String { "\(file):\(line)" }

    // MARK: Sections

    /// The document as a section; anything but a mapping is an error and reads as an empty one.
    mutating func root(_ document: Document, keys: [String]) -> Section {
        switch document {
        case .mapping(let entries, let line):
            return checked(Section(path: [], entries: entries, line: line), keys: keys)
        default:
            fail(.syntax, origin(document.line), "the file holds \(document.kind), expected a mapping that begins with 'mode:'")
            return Section(path: [], entries: [], line: document.line)
        }
    }

    /// A sub-section; an empty one where it is absent.
    mutating func section(_ key: String, in parent: Section, keys: [String]?) -> Section {
        let path = parent.path + [key]
        switch parent[key] {
        case .mapping(let entries, let line)?:
            let section = Section(path: path, entries: entries, line: line)
            guard let keys else { return section }
            return checked(section, keys: keys)
        case let other?:
            fail(.invalid, origin(other.line), "\(parent.dotted(key)) holds \(other.kind), expected a mapping")
        case nil:
            break
        }
        return Section(path: path, entries: [], line: parent.line)
    }

    /// Whether the file or the environment says anything of a sub-section.
    func has(_ key: String, in parent: Section) -> Bool {
        if parent[key] != nil { return true }
        let prefix = variable(parent.path + [key]) + "_"
        return environment.keys.contains { $0.hasPrefix(prefix) }
    }

    /// Notes every key that `keys` does not name.
    mutating func checked(_ section: Section, keys: [String]) -> Section {
        for entry in section.entries where !keys.contains(entry.key) {
            let place = section.path.isEmpty ? "" : " in \(section.path.joined(separator: "."))"
            let hint =
                Suggestion.closest(to: entry.key, among: keys).map { "did you mean '\($0)'?" } ?? "expected one of \(keys.joined(separator: ", "))"
            fail(.unknown, origin(entry.line), "unknown key '\(entry.key)'\(place), \(hint)")
        }
        return section
    }

    // MARK: Scalars

    /// The scalar at a key, from the environment or the file; `nil` where it is absent or not a scalar.
    mutating func text(_ key: String, in section: Section) -> Text? {
        let name = variable(section.path + [key])
        known.insert(name)
        if let value = environment[name] {
            guard value.isEmpty else { return Text(string: value, origin: name) }
            fail(.invalid, name, "is empty, expected a value for \(section.dotted(key))")
            return nil
        }
        switch section[key] {
        case .scalar(let string, let line)?:
            guard string.isEmpty else { return Text(string: string, origin: origin(line)) }
            fail(.invalid, origin(line), "\(section.dotted(key)) is empty")
        case .empty(let line)?:
            fail(.invalid, origin(line), "\(section.dotted(key)) has no value; leave the key out or give it one")
        case let other?:
            fail(.invalid, origin(other.line), "\(section.dotted(key)) holds \(other.kind), expected a single value")
        case nil:
            break
        }
        return nil
    }

    /// Whether something, right or wrong, stands at a key: then its absence is not reported on top.
    func isPresent(_ key: String, in section: Section) -> Bool {
        section[key] != nil || environment[variable(section.path + [key])] != nil
    }

    /// Whether the environment gives a value, which then counts in place of the file's.
    func isOverridden(_ key: String, in section: Section) -> Bool { environment[variable(section.path + [key])] != nil }

    mutating func required(_ key: String, in section: Section, expected: String) -> String {
        if let text = text(key, in: section) { return text.string }
        if !isPresent(key, in: section) { missing(key, in: section, expected: expected) }
        return ""
    }

    mutating func missing(_ key: String, in section: Section, expected: String) {
        fail(.missing, origin(section.line), "\(section.dotted(key)) is missing, expected \(expected)")
    }

    /// A value that `parse` understands, or `fallback`.
    mutating func value<T>(_ key: String, in section: Section, default fallback: T, expected: String, parse: (String) -> T?) -> T {
        guard let text = text(key, in: section) else { return fallback }
        if let value = parse(text.string) { return value }
        fail(.invalid, text.origin, "\(section.dotted(key)) is '\(text.string)', expected \(expected)")
        return fallback
    }

    mutating func choice<T: RawRepresentable & CaseIterable>(_ key: String, in section: Section, default fallback: T) -> T
    where T.RawValue == String {
        let names = T.allCases.map(\.rawValue)
        return value(key, in: section, default: fallback, expected: Self.list(names)) { T(rawValue: $0) }
    }

    mutating func duration(_ key: String, in section: Section, default fallback: Duration) -> Duration {
        value(key, in: section, default: fallback, expected: "a duration above zero with its unit, such as 250ms, 2s, 5m, 1h") {
            Duration(settingsText: $0).flatMap { $0 > .zero ? $0 : nil }
        }
    }

    mutating func bytes(_ key: String, in section: Section, default fallback: Int, range: ClosedRange<Int>) -> Int {
        value(key, in: section, default: fallback, expected: "a size from \(range.lowerBound) to \(range.upperBound) bytes, such as 64KiB or 8MiB") {
            ByteCount.parse($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func count(_ key: String, in section: Section, default fallback: Int, range: ClosedRange<Int>) -> Int {
        value(key, in: section, default: fallback, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One scalar, a list of scalars, or a comma-separated variable.
    mutating func texts(_ key: String, in section: Section) -> [Text] {
        let name = variable(section.path + [key])
        if environment[name] != nil || section[key] == nil {
            guard let text = text(key, in: section) else { return [] }
            return text.string.split(separator: ",").map { Text(string: $0.trimmingSpaces, origin: text.origin) }
        }
        guard case .sequence(let items, _)? = section[key] else { return text(key, in: section).map { [$0] } ?? [] }
        known.insert(name)
        return items.compactMap { item in
            if case .scalar(let string, let line) = item, !string.isEmpty { return Text(string: string, origin: origin(line)) }
            fail(.invalid, origin(item.line), "\(section.dotted(key)) lists \(item.kind), expected texts")
            return nil
        }
    }

    // MARK: Paths

    /// A path as the daemon opens it: relative ones start at the folder of the configuration file, and a leading
    /// `$CREDENTIALS_DIRECTORY/` is the folder of systemd's credentials.
    func resolved(_ path: String) -> String {
        let credentials = "$CREDENTIALS_DIRECTORY/"
        if path.hasPrefix(credentials), let directory = environment["CREDENTIALS_DIRECTORY"] {
            return directory + "/" + path.dropFirst(credentials.count)
        }
        return path.hasPrefix("/") ? path : folder + path
    }

    mutating func path(_ key: String, in section: Section, expected: String) -> String {
        let text = required(key, in: section, expected: expected)
        if text.contains("-----BEGIN") {
            fail(.invalid, origin(section.line), "\(section.dotted(key)) holds a key or certificate itself, expected the path of its file")
            return ""
        }
        return text.isEmpty ? "" : resolved(text)
    }

    // MARK: Environment

    private func variable(_ path: [String]) -> String {
        "KCM_" + path.map { $0.uppercased().replacing("-", with: "_") }.joined(separator: "_")
    }

    /// Values that the environment adds to a section with free keys, as (key in lower case, value).
    mutating func free(in section: Section) -> [(key: String, text: Text)] {
        let prefix = variable(section.path) + "_"
        let taken = Set(section.entries.map { variable(section.path + [$0.key]) })
        return environment.keys.sorted().filter { $0.hasPrefix(prefix) && !taken.contains($0) }.map { name in
            known.insert(name)
            return (name.dropFirst(prefix.count).lowercased(), Text(string: environment[name] ?? "", origin: name))
        }
    }

    /// Notes what belongs to the other mode.
    mutating func refuse(_ key: String, in root: Section, mode: Settings.Mode) {
        let other = mode == .core ? Settings.Mode.edge : .core
        let message = "'\(key)' belongs to mode \(other.rawValue), and this is mode \(mode.rawValue); leave it out"
        if let entry = root.entries.first(where: { $0.key == key }) { fail(.wrongMode, origin(entry.line), message) }
        let prefix = variable([key]) + "_"
        for name in environment.keys.sorted() where name.hasPrefix(prefix) {
            known.insert(name)
            fail(.wrongMode, name, message)
        }
    }

    /// Notes every `KCM_` variable that nothing asked for. Called last.
    mutating func checkEnvironment() {
        let extra = environment.keys.filter { $0.hasPrefix("KCM_") && !known.contains($0) && !Self.otherVariables.contains($0) }
        for name in extra.sorted() {
            let hint =
                Suggestion.closest(to: name, among: known.sorted()).map { ", did you mean \($0)?" } ?? "; see docs/configuration.md for the names"
            fail(.unknown, name, "unknown environment variable\(hint)")
        }
    }

    static func list(_ names: [String]) -> String {
        names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    }
}

extension Substring {
    /// Without spaces at its ends.
    var trimmingSpaces: String {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
