internal import KCMCrypto
internal import KMIP

/// RNG Retrieve (KMIP 1.4 §4.35): random bytes of OpenSSL's private generator, straight into the response.
struct RNGRetrieve: ServerOperation {
    /// In bytes, for one request.
    static let maximum = 65_536

    let request: RNGRetrieveRequest

    init(_ request: RNGRetrieveRequest) { self.request = request }

    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        let count = Int(request.dataLength)
        guard (1...Self.maximum).contains(count) else {
            throw OperationFailure(.invalidField, "Data Length is from 1 to \(Self.maximum)")
        }
        try writer.bytes(.data, capacity: count) { (output) throws(OperationFailure) -> Int in
            try CryptoFailure.guarding { () throws(CryptoError) in try Random.fillPrivately(output) }
            return count
        }
        return OperationTrace()
    }
}
