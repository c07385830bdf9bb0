internal import ArgumentParser
internal import KCMCrypto

/// The key pairs that certificates are issued for, as the command line names them.
enum LeafAlgorithm: String, ExpressibleByArgument, CaseIterable {
    case p256, p384, ed25519, rsa2048, rsa3072, rsa4096

    var algorithm: PrivateKey.Algorithm {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        case .rsa2048: .rsa(bits: 2048)
        case .rsa3072: .rsa(bits: 3072)
        case .rsa4096: .rsa(bits: 4096)
        }
    }
}
