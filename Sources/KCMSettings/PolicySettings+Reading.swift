/// How a policy's document is read.
extension PolicySettings {
    static let keys = ["extends", "roles"]
    static let grantKeys = ["operations", "levels", "scopes", "types", "names"]

    init(_ document: Document, _ vocabulary: Vocabulary, _ reader: inout SettingsReader) {
        guard case .mapping(let entries, let line) = document else {
            reader.fail(.syntax, reader.origin(document.line), "the policy holds \(document.kind), expected a mapping with 'roles:'")
            extendsBuiltIn = false
            grants = []
            return
        }
        let root = reader.checked(SettingsReader.Section(path: [], entries: entries, line: line), keys: Self.keys)
        extendsBuiltIn = reader.value("extends", in: root, default: false, expected: "built-in, or no such key") { $0 == "built-in" ? true : nil }
        var grants: [Grant] = []
        let roles = reader.section("roles", in: root, keys: nil)
        for entry in roles.entries { grants += Self.role(entry, vocabulary, &reader) }
        if grants.isEmpty, reader.errors.isEmpty, !extendsBuiltIn {
            reader.fail(.missing, reader.origin(line), "the policy grants nothing to anyone, expected 'roles:', or 'extends: built-in'")
        }
        self.grants = grants
    }

    private static func role(_ entry: Document.Entry, _ vocabulary: Vocabulary, _ reader: inout SettingsReader) -> [Grant] {
        if !Settings.isName(entry.key) {
            reader.fail(.invalid, reader.origin(entry.line), "the role '\(entry.key)' is not a name: 1 to 64 characters of A-Z a-z 0-9 . _ -")
        }
        guard case .sequence(let items, _) = entry.value, !items.isEmpty else {
            let kind = if case .sequence = entry.value { "an empty list" } else { entry.value.kind }
            reader.fail(
                .invalid, reader.origin(entry.line),
                "roles.\(entry.key) holds \(kind), expected a list of grants, each with 'operations' and 'levels'")
            return []
        }
        return items.enumerated().compactMap { index, item in
            guard case .mapping(let entries, let line) = item else {
                reader.fail(
                    .invalid, reader.origin(item.line), "roles.\(entry.key) lists \(item.kind), expected grants, each with 'operations' and 'levels'")
                return nil
            }
            let path = ["roles", "\(entry.key)[\(index + 1)]"]
            let section = reader.checked(SettingsReader.Section(path: path, entries: entries, line: line), keys: grantKeys)
            return Grant(
                role: entry.key,
                operations: words("operations", section, vocabulary.operations, isRequired: true, &reader),
                levels: words("levels", section, vocabulary.levels, isRequired: true, &reader),
                scopes: words("scopes", section, vocabulary.scopes, isRequired: false, &reader),
                types: reader.isPresent("types", in: section) ? words("types", section, vocabulary.types, isRequired: true, &reader) : [],
                names: names(section, &reader),
                origin: reader.origin(line)
            )
        }
    }

    /// Words of a vocabulary; `*` alone is all of them.
    /// - Returns: all words where the key is absent and not required.
    private static func words(
        _ key: String,
        _ section: SettingsReader.Section,
        _ known: [String],
        isRequired: Bool,
        _ reader: inout SettingsReader
    ) -> [String] {
        guard reader.isPresent(key, in: section) else {
            if isRequired { reader.missing(key, in: section, expected: "a list such as [\(known.prefix(2).joined(separator: ", "))], or \"*\"") }
            return isRequired ? [] : known
        }
        let texts = reader.texts(key, in: section)
        if texts.isEmpty, case .sequence(let items, let line)? = section[key], items.isEmpty {
            reader.fail(.invalid, reader.origin(line), "\(section.dotted(key)) is an empty list")
        }
        if texts.count == 1, texts[0].string == "*" { return known }
        for text in texts where !known.contains(text.string) {
            let hint =
                Suggestion.closest(to: text.string, among: known).map { "did you mean '\($0)'?" }
                ?? "expected one of \(known.joined(separator: ", "))"
            reader.fail(.unknown, text.origin, "\(section.dotted(key)) names '\(text.string)', \(hint)")
        }
        return texts.map(\.string)
    }

    private static func names(_ section: SettingsReader.Section, _ reader: inout SettingsReader) -> [String] {
        guard reader.isPresent("names", in: section) else { return [] }
        let texts = reader.texts("names", in: section)
        if texts.isEmpty {
            // Read as no restriction, an empty list would open what somebody meant to close.
            reader.fail(
                .invalid, reader.origin(section["names"]?.line ?? section.line),
                "\(section.dotted("names")) lists nothing, expected what names start with")
        }
        return texts.map { text in
            guard text.string.contains("*") else { return text.string }
            if text.string.dropLast().contains("*") || !text.string.hasSuffix("*") || text.string.count < 2 {
                reader.fail(.invalid, text.origin, "\(section.dotted("names")) is '\(text.string)', expected what names start with, such as orders-")
            }
            return String(text.string.dropLast())
        }
    }
}
