internal import ArgumentParser
internal import KMIPBench

extension Bench {
    /// What is sent.
    enum Load: String, CaseIterable, ExpressibleByArgument {
        case create, register, activate, get, attributes = "get-attributes", locate, encrypt, decrypt, mac, sign, verify = "signature-verify", hash
        case destroy, query, mix
        /// By an attribute that ten of the stored keys share.
        case locateAttribute = "locate-attribute"
        /// By the same attribute with what all of them have: state, algorithm and length.
        case locateSeveral = "locate-several"
        /// The attributes of each stored key, once: of a server that has just started, and so has none in memory.
        case readOnce = "read-once"

        /// Whether answers name objects that have to be destroyed afterwards.
        var makesObjects: Bool { self == .create || self == .register }
        /// Whether it can be done to an object only once.
        var usesObjectsUp: Bool { self == .activate || self == .destroy }
        /// Whether each request is sent once.
        var isOnce: Bool { usesObjectsUp || self == .readOnce }
    }

    /// A busy application's day: mostly encryption, some reading, now and then a look-up. Nothing that makes or ends objects, so that it
    /// can run for any time.
    static let mix: [(element: Load, weight: Int)] = [(.encrypt, 40), (.decrypt, 35), (.get, 15), (.attributes, 6), (.locate, 4)]

    /// The mode of AES for encrypt and decrypt.
    enum Cipher: String, CaseIterable, ExpressibleByArgument {
        case gcm, cbc
    }
}
