internal import KCMCrypto
internal import KMIP

/// Attributes in words: enumerations and masks by name, dates as dates.
enum AttributeText {
    static func json(_ attribute: Attribute) -> JSONText {
        .object([
            ("name", .string(attribute.name.rawValue)), ("index", .number(Int64(attribute.index ?? 0))),
            ("value", attribute.value.map { value($0, of: attribute.name) } ?? .string("")),
        ])
    }

    static func line(_ attribute: Attribute) -> String {
        let index = attribute.index.map { $0 == 0 ? "" : "[\($0)]" } ?? ""
        let shown: String =
            switch attribute.value.map({ value($0, of: attribute.name) }) {
            case .string(let text): text
            case .some(let other): other.text
            case nil: ""
            }
        return "\(attribute.name.rawValue)\(index): \(shown)"
    }

    private static func value(_ value: AttributeValue, of name: AttributeName) -> JSONText {
        Self.value(value, tag: Tag(name: name.rawValue.filter { $0.isLetter || $0.isNumber }))
    }

    private static func value(_ value: AttributeValue, tag: Tag?) -> JSONText {
        switch value {
        case .structure(let fields):
            return .object(fields.map { ($0.tag.description, Self.value($0.value, tag: $0.tag)) })
        case .integer(let number):
            return tag == .cryptographicUsageMask
                ? .string(CryptographicUsageMask(rawValue: number).names.joined(separator: " ")) : .number(Int64(number))
        case .longInteger(let number): return .number(number)
        case .bigInteger(let bytes), .bytes(let bytes): return .string(Hexadecimal.text(bytes))
        case .enumeration(let number):
            return .string(tag.flatMap { EnumerationTable.name(tag: $0, value: number) } ?? "0x" + String(number, radix: 16))
        case .boolean(let flag): return .bool(flag)
        case .text(let text): return .string(text)
        case .dateTime(let seconds): return .string(Timestamp.text(seconds))
        case .interval(let seconds): return .number(Int64(seconds))
        }
    }
}
