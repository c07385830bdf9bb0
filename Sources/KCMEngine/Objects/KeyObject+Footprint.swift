internal import KCMCrypto
internal import KMIP

extension KeyObject {
    /// What every object may have of ordinary memory: the number of objects bounds it.
    private static let ordinary = 2048

    /// The bytes that it takes in the cache's account: of its value in whole blocks of locked memory, and, about, of what a client made it
    /// hold beyond what all objects do.
    var footprint: Int {
        var (locked, rest) = (0, 0)
        if let material {
            locked = material.key.bytes.footprint
            rest = material.heading.count
            switch material.form {
            case .wrappedKey(_, let wrapping), .wrappedMaterial(_, let wrapping): rest += wrapping.count
            case .keyBytes, .keyStructure, .value, .absent: break
            }
        }
        for attribute in attributes.entries { rest += attribute.value.map(Self.footprint) ?? 0 }
        return locked + max(0, rest - Self.ordinary)
    }

    private static func footprint(_ value: AttributeValue) -> Int {
        // Each value is a box of its own.
        switch value {
        case .structure(let fields): fields.reduce(48) { $0 + footprint($1.value) }
        case .text(let text): 48 + text.utf8.count
        case .bytes(let bytes), .bigInteger(let bytes): 48 + bytes.count
        case .integer, .longInteger, .enumeration, .boolean, .dateTime, .interval: 48
        }
    }
}
