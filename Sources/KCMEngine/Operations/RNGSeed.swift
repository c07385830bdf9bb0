internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// RNG Seed (KMIP 1.4 §4.36): the seed is stirred into the generator, counts as no entropy and replaces none.
struct RNGSeed: ServerOperation {
    /// What is taken of one seed, in bytes; the rest would change nothing.
    static let maximum = 512

    let request: RNGSeedRequest

    init(_ request: RNGSeedRequest) { self.request = request }

    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        let taken = min(request.data.readableBytes, Self.maximum)
        request.data.withReadable { Random.stir(UnsafeRawBufferPointer(rebasing: $0[..<taken])) }
        writer.integer(.dataLength, Int32(taken))
        return OperationTrace()
    }
}
