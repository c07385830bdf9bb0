public import KMIP

/// What Get returns of an object: its bytes and how they are to be read (KMIP 1.4 §2.1.3, §2.2).
public struct Material: Sendable {
    /// How the bytes are wrapped up in a message.
    public enum Form: Sendable, Hashable {
        /// Key Material of type Byte String in a Key Block with this format.
        case keyBytes(KeyFormatType)
        /// Key Material that is a structure (a transparent format): the bytes are its items.
        case keyStructure(KeyFormatType)
        /// A key that came wrapped: the bytes are the wrapped Key Value; `wrappingData` are the items of its Key Wrapping Data.
        case wrappedKey(KeyFormatType, wrappingData: [UInt8])
        /// A key that came wrapped without encoding: the bytes are the wrapped Key Material, which stands in a Key Value structure.
        case wrappedMaterial(KeyFormatType, wrappingData: [UInt8])
        /// The value of an Opaque Object with its Opaque Data Type, or of a Certificate with its Certificate Type; for a Template the
        /// TTLV of its attributes.
        case value(type: UInt32)
        /// A key whose value the server does not hold, with the format that was stated (KMIP 1.2); the bytes are none.
        case absent(KeyFormatType)
    }

    public let form: Form
    /// For Secret Data its Secret Data Type, else 0.
    public let secretDataType: UInt32
    /// For Split Keys and PGP Keys what stands before the Key Block, as TTLV; else empty.
    public let heading: [UInt8]
    /// The bytes, in locked memory.
    public let key: SecretKey

    public init(form: Form, secretDataType: UInt32 = 0, heading: [UInt8] = [], key: SecretKey) {
        self.form = form
        self.secretDataType = secretDataType
        self.heading = heading
        self.key = key
    }
}
