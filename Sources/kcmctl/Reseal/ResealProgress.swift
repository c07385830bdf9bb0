/// What a daemon says of one tenant's re-sealing: a line of `name=value` fields with the message last, and a line a generation.
struct ResealProgress {
    private(set) var fields: [String: String]
    private(set) var generations: [[String: String]] = []

    var tenant: String { fields["tenant"] ?? "" }
    var state: String { fields["state"] ?? "" }
    var isUnderWay: Bool { state == "waiting" || state == "running" }
    var left: Int { number("left") }
    var resealed: Int { number("resealed") }
    var message: String { fields["message"] ?? "" }

    private func number(_ name: String) -> Int { fields[name].flatMap { Int($0) } ?? 0 }

    /// All tenants of an answer.
    static func read(_ text: String) -> [ResealProgress] {
        var found: [ResealProgress] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix(" ") {
                guard !found.isEmpty else { continue }
                found[found.count - 1].generations.append(read(fields: line))
            } else {
                found.append(ResealProgress(fields: read(fields: line)))
            }
        }
        return found
    }

    private static func read(fields line: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = line.drop { $0 == " " }
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            // The message is for people, and has spaces.
            let end = name == "message" ? rest.endIndex : rest.firstIndex(of: " ") ?? rest.endIndex
            fields[name] = String(rest[..<end])
            rest = rest[end...].drop { $0 == " " }
        }
        return fields
    }

    /// Two lines and more for people.
    var lines: String {
        var text = "\(tenant): \(state), \(resealed) sealed anew, \(left) left\(message.isEmpty ? "" : " (\(message))")"
        for one in generations {
            text += "\n    generation \(one["generation"] ?? "")  \(one["objects"] ?? "") objects  \(one["state"] ?? "")  \(one["key"] ?? "")"
        }
        return text
    }

    var json: JSONText {
        .object([
            ("tenant", .string(tenant)), ("state", .string(state)), ("current", .number(Int64(number("current")))),
            ("left", .number(Int64(left))), ("resealed", .number(Int64(resealed))), ("failed", .number(Int64(number("failed")))),
            ("message", .string(message)),
            (
                "generations",
                .array(
                    generations.map { one in
                        .object([
                            ("generation", .number(one["generation"].flatMap { Int64($0) } ?? 0)),
                            ("objects", .number(one["objects"].flatMap { Int64($0) } ?? 0)), ("state", .string(one["state"] ?? "")),
                            ("key", .string(one["key"] ?? "")),
                        ])
                    })
            ),
        ])
    }
}
