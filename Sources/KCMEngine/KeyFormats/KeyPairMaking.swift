internal import KCMCrypto
internal import KMIP

/// New key pairs (KMIP 1.4 §4.2).
struct KeyPairMaking: Sendable {
    private enum Plan: Sendable {
        case rsa(bits: Int)
        case curve(EllipticCurve)
    }
    private let plan: Plan
    /// What the attribute Cryptographic Length says: of the modulus or the order, in bits.
    let length: Int32
    /// For elliptic curves, the curve that was chosen.
    let curve: RecommendedCurve?

    /// Sizes of RSA keys that are made, in bits.
    static let rsaLengths: Set<Int32> = [1024, 2048, 3072, 4096]

    /// - Throws: *Invalid Field* for a length or curve that does not go with the algorithm; *Feature Not Supported* for another algorithm.
    init(_ attributes: AttributeSet) throws(OperationFailure) {
        guard let algorithm = attributes.algorithm else {
            throw OperationFailure(.invalidField, "The attribute Cryptographic Algorithm is missing")
        }
        switch algorithm {
        case .rsa:
            length = attributes.length ?? 2048
            guard Self.rsaLengths.contains(length) else {
                throw OperationFailure(.invalidField, "RSA keys of 1024, 2048, 3072 and 4096 bits are made")
            }
            plan = .rsa(bits: Int(length))
            curve = nil
        case .ec, .ecdsa, .ecdh:
            var stated: RecommendedCurve?
            if case .enumeration(let value)? = attributes[.cryptographicDomainParameters]?[.recommendedCurve] {
                stated = RecommendedCurve(rawValue: value)
            }
            let sent = attributes.length
            guard let chosen = stated ?? RecommendedCurve(length: sent ?? 256) else {
                throw OperationFailure(.invalidField, "The Cryptographic Length is not that of a curve; state a Recommended Curve")
            }
            guard let elliptic = chosen.ellipticCurve else { throw OperationFailure(.featureNotSupported, "The Recommended Curve is not served") }
            guard sent == nil || Int(sent ?? 0) == elliptic.bits || RecommendedCurve(length: sent ?? 0) == chosen || stated != nil else {
                throw OperationFailure(.invalidField, "The Cryptographic Length is not that of the Recommended Curve")
            }
            plan = .curve(elliptic)
            length = sent ?? Int32(elliptic.bits)
            curve = chosen
        default: throw OperationFailure(.featureNotSupported, "Key pairs of the algorithm \(algorithm) are not made; RSA and EC ones are")
        }
    }

    /// Makes one; RSA takes up to seconds.
    func make() async throws(OperationFailure) -> AsymmetricKey {
        let plan = plan
        return try await LongComputation.run { () throws(OperationFailure) in
            do throws(CryptoError) {
                switch plan {
                case .rsa(let bits): return try AsymmetricKey.generate(rsaBits: bits)
                case .curve(let curve): return try AsymmetricKey.generate(on: curve)
                }
            } catch {
                InternalFailure.report(error)
                throw OperationFailure(.cryptographicFailure, "No key pair could be made")
            }
        }
    }
}
