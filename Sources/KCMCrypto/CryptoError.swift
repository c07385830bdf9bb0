/// Why a cryptographic operation was not done.
public struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of codes.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable {
            case authentication, padding, length, parameter, unsupported, memory, lockedMemory, certificate, failed
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// A tag, signature or integrity check did not match.
        public static let authentication = Code(.authentication)
        /// The padding of a decrypted message is not what the padding method says.
        public static let padding = Code(.padding)
        /// Input of a length that the mode does not take (no whole blocks, an empty key wrap).
        public static let length = Code(.length)
        /// An IV, tag length or other parameter that the algorithm does not take.
        public static let parameter = Code(.parameter)
        /// The algorithm, mode or curve is not one that this build offers.
        public static let unsupported = Code(.unsupported)
        /// The library or the kernel has no memory for what it needs.
        public static let memory = Code(.memory)
        /// Locked memory cannot be had for a key; the message says which limit to raise.
        public static let lockedMemory = Code(.lockedMemory)
        /// A certificate, chain or key file is malformed or not acceptable.
        public static let certificate = Code(.certificate)
        /// Anything else OpenSSL reports.
        public static let failed = Code(.failed)
    }

    public let code: Code
    /// For logs and operators. Never holds key bytes or plaintext.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
    /// Equality is the code: the message is for people.
    public static func == (lhs: CryptoError, rhs: CryptoError) -> Bool { lhs.code == rhs.code }
}
