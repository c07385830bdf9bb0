internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// What a Split Key object says before its Key Block, and the sharing that it is a part of (KMIP 1.4 §2.2.5).
struct SplitKeyPart: Hashable {
    let parts: Int32
    let identifier: Int32
    let threshold: Int32
    let method: SplitKeyMethod
    /// Big-endian; `nil` but for Polynomial Sharing Prime Field.
    let prime: [UInt8]?

    init(parts: Int32, identifier: Int32, threshold: Int32, method: SplitKeyMethod, prime: [UInt8]?) {
        self.parts = parts
        self.identifier = identifier
        self.threshold = threshold
        self.method = method
        self.prime = prime
    }

    /// Reads the heading of a material.
    /// - Throws: *Invalid Field* where it is no Split Key's.
    init(heading: [UInt8]) throws(OperationFailure) {
        var fields: [Tag: AttributeValue] = [:]
        do throws(KMIPError) {
            var reader = TTLVReader(items: ByteBuffer(bytes: heading))
            while let item = try reader.next() { fields[item.tag] = try AttributeValue(item, of: reader) }
        } catch { throw Self.notAPart }
        guard case .integer(let parts)? = fields[.splitKeyParts], case .integer(let identifier)? = fields[.keyPartIdentifier],
            case .integer(let threshold)? = fields[.splitKeyThreshold], case .enumeration(let method)? = fields[.splitKeyMethod]
        else { throw Self.notAPart }
        var prime: [UInt8]?
        if case .bigInteger(let bytes)? = fields[.primeFieldSize] { prime = bytes }
        self.init(parts: parts, identifier: identifier, threshold: threshold, method: SplitKeyMethod(rawValue: method), prime: prime)
    }

    private static let notAPart = OperationFailure(.invalidField, "The object is not a Split Key")

    /// The items that stand before the Key Block.
    var heading: [UInt8] {
        let block = KeyBlock(keyFormatType: .raw, keyValue: nil)
        // A Big Integer has a sign: a prime whose first bit is set gets a byte before.
        let prime = prime.map { $0.first ?? 0 >= 0x80 ? [0] + $0 : $0 }
        var writer = TTLVWriter()
        SplitKey(parts: parts, identifier: identifier, threshold: threshold, method: method, primeFieldSize: prime, keyBlock: block)
            .encodeHeading(to: &writer)
        return Array(writer.buffer.readableBytesView)
    }

    /// How the parts are put together.
    /// - Throws: *Invalid Field* for a method that is not served, or numbers that make no sense.
    func sharing() throws(OperationFailure) -> SecretSharing {
        let served: SecretSharing.Method
        switch method {
        case .xor: served = .xor
        case .polynomialSharingGF28: served = .polynomialGF28
        case .polynomialSharingGF216: served = .polynomialGF216
        case .polynomialSharingPrimeField:
            guard let prime else { throw OperationFailure(.invalidField, "Prime Field Size is missing") }
            served = .primeField(Array(prime.drop { $0 == 0 }))
        default: throw OperationFailure(.invalidField, "The Split Key Method \(method) is not served")
        }
        do throws(CryptoError) {
            return try SecretSharing(served, parts: Int(parts), threshold: Int(threshold))
        } catch {
            throw OperationFailure(
                .invalidField, "2 to \(SecretSharing.maximumParts) parts, 2 or more needed, with XOR all; a field's size is a prime")
        }
    }
}
