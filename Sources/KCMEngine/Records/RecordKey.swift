/// How store keys are formed. The keys of one object lie side by side, so that one scan reads it whole.
enum RecordKey {
    /// `o/<identifier>/`: everything of one object.
    static func prefix(of identifier: String) -> [UInt8] { Array("o/\(identifier)/".utf8) }
    /// The sealed attributes.
    static func attributes(of identifier: String) -> [UInt8] { Array("o/\(identifier)/a".utf8) }
    /// The sealed material.
    static func material(of identifier: String) -> [UInt8] { Array("o/\(identifier)/k".utf8) }
    /// A mark: Revoke or Destroy taken while the sealing key was out of reach.
    static func mark(of identifier: String) -> [UInt8] { Array("o/\(identifier)/m".utf8) }
    /// All objects.
    static let objects: [UInt8] = Array("o/".utf8)

    /// The tenant's own keys, which the keyrings keep here.
    static let tenantKeys: [UInt8] = Array("t/".utf8)

    /// The identifier and the last letter of a key under ``objects``; `nil` for another key.
    static func parse(_ key: [UInt8]) -> (identifier: String, part: UInt8)? {
        guard key.count > 4, key.starts(with: objects), key[key.count - 2] == UInt8(ascii: "/"), let part = key.last else { return nil }
        return (String(decoding: key[2..<key.count - 2], as: UTF8.self), part)
    }

    /// `i/<32 bytes of HMAC>`: the objects that have one attribute value.
    static func index(_ blinded: [UInt8]) -> [UInt8] { Array("i/".utf8) + blinded }
    /// One entry of the index.
    static func index(_ blinded: [UInt8], _ identifier: String) -> [UInt8] { index(blinded) + Array(identifier.utf8) }
    /// The bytes before the identifier in an index entry.
    static let indexPrefixSize = 2 + 32

    /// `n/<32 bytes of HMAC>`: who holds a name. A name belongs to one object of a tenant (KMIP 1.4 §3.2).
    static func name(_ blinded: [UInt8]) -> [UInt8] { Array("n/".utf8) + blinded }

    /// `f/<32 bytes of HMAC>`: a name that an object had and gave back, for good.
    static func formerName(_ blinded: [UInt8]) -> [UInt8] { Array("f/".utf8) + blinded }

    /// `c/<32 bytes of HMAC>`: a class of objects; the value is its facets, see ``IndexClass``.
    static func indexClass(_ identifier: [UInt8]) -> [UInt8] { indexClasses + identifier }
    /// All classes.
    static let indexClasses: [UInt8] = Array("c/".utf8)
    /// `x/<32 bytes of HMAC>`: there where every object is in the index as this version writes it, blinded with this key.
    static func indexIsWhole(_ blinded: [UInt8]) -> [UInt8] { Array("x/".utf8) + blinded }

    /// `d/<identifier>`: an object with a mark, whose class is not that of its record.
    static func marked(_ identifier: String) -> [UInt8] { allMarked + Array(identifier.utf8) }
    /// All objects with marks.
    static let allMarked: [UInt8] = Array("d/".utf8)
}
