import Yams

/// A parsed YAML document with the line of everything in it, free of the parser's own types.
indirect enum Document {
    case scalar(String, line: Int)
    case mapping([Entry], line: Int)
    case sequence([Document], line: Int)
    /// A key without a value.
    case empty(line: Int)

    struct Entry {
        let key: String
        let line: Int
        let value: Document
    }

    var line: Int {
        switch self {
        case .scalar(_, let line), .mapping(_, let line), .sequence(_, let line), .empty(let line): line
        }
    }

    /// What the value is, for messages.
    var kind: String {
        switch self {
        case .scalar: "a value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .empty: "nothing"
        }
    }

    /// Parses one document.
    /// - Throws: `SettingsError` `.syntax` with the line that the parser stopped at.
    static func parse(_ yaml: String, file: String) throws -> Document {
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw syntaxError(error, file: file)
        }
        guard let node else { return .empty(line: 1) }
        return try convert(node, file: file, depth: 0)
    }

    private static func convert(_ node: Node, file: String, depth: Int) throws -> Document {
        let line = node.mark?.line ?? 1
        // Aliases can nest without end in a few bytes.
        guard depth < 16 else { throw SettingsError(.syntax, "\(file):\(line)", "the document is nested too deeply") }
        switch node {
        case .scalar(let scalar):
            // Only a plain scalar can be null: quoted, it is an empty text.
            if scalar.style == .plain || scalar.style == .any, ["", "~", "null"].contains(scalar.string) { return .empty(line: line) }
            return .scalar(scalar.string, line: line)
        case .mapping(let mapping):
            return .mapping(
                try mapping.map { key, value in
                    let keyLine = key.mark?.line ?? line
                    guard case .scalar(let name) = key else {
                        throw SettingsError(
                            .syntax, "\(file):\(keyLine)", "a key is \(try convert(key, file: file, depth: depth + 1).kind), expected a name")
                    }
                    return Entry(key: name.string, line: keyLine, value: try convert(value, file: file, depth: depth + 1))
                },
                line: line
            )
        case .sequence(let sequence):
            return .sequence(try sequence.map { try convert($0, file: file, depth: depth + 1) }, line: line)
        case .alias:
            throw SettingsError(.syntax, "\(file):\(line)", "an alias without its anchor")
        }
    }

    private static func syntaxError(_ error: YamlError, file: String) -> SettingsError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let where_ = context.map { ", \($0.text) that began in line \($0.mark.line)" } ?? ""
            return SettingsError(.syntax, "\(file):\(mark.line)", "not YAML: \(problem)\(where_)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return SettingsError(
                .syntax, "\(file):\(context.mark.line)", "the key \(duplicates.map { "'\($0)'" }.joined(separator: ", ")) is there more than once")
        case .reader(let problem, _, _, _):
            return SettingsError(.syntax, "\(file):1", "not YAML: \(problem)")
        default:
            return SettingsError(.syntax, "\(file):1", "not YAML: \(error)")
        }
    }
}
