internal import KMIP

/// The bit masks that travel as Integer, by the tag that carries them.
enum BitMaskTable {
    static func has(_ tag: Tag) -> Bool { tag == .cryptographicUsageMask || tag == .storageStatusMask }

    /// The bit called `name`.
    static func value(tag: Tag, name: String) -> Int32? {
        switch tag {
        case .cryptographicUsageMask: CryptographicUsageMask(name: name)?.rawValue
        case .storageStatusMask: StorageStatusMask(name: name)?.rawValue
        default: nil
        }
    }

    /// The names of all bits of `value`; nil for a tag without names, for no bits, and where a bit has no name.
    static func names(tag: Tag, value: Int32) -> [String]? {
        switch tag {
        case .cryptographicUsageMask where value != 0:
            let mask = CryptographicUsageMask(rawValue: value)
            return mask.subtracting(.named).isEmpty ? mask.names : nil
        case .storageStatusMask where value != 0:
            let mask = StorageStatusMask(rawValue: value)
            return mask.subtracting(.named).isEmpty ? mask.names : nil
        default: return nil
        }
    }
}
