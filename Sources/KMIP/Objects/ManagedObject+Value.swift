public import NIOCore

extension ManagedObject {
    /// The Key Block, for objects that have one.
    public var keyBlock: KeyBlock? {
        switch self {
        case .symmetricKey(let block), .publicKey(let block), .privateKey(let block), .secretData(_, let block), .pgpKey(_, let block): block
        case .splitKey(let key): key.keyBlock
        case .opaque, .certificate, .template: nil
        }
    }

    /// The bytes that the object is about: Key Material, the items of transparent Key Material, a wrapped Key Value, or an opaque
    /// value; `nil` for templates and for keys without their value.
    public var value: ByteBuffer? {
        switch self {
        case .opaque(_, let bytes), .certificate(_, let bytes): return bytes
        default:
            switch keyBlock?.keyValue {
            case .bytes(let bytes, _), .structure(let bytes, _), .wrapped(let bytes): return bytes
            case nil: return nil
            }
        }
    }
}
