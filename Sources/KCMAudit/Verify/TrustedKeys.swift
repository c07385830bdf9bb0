internal import KCMCrypto

/// Which key the signatures of a log must be by, line after line.
struct TrustedKeys {
    /// What the signature of a line turned out to be.
    enum Judgement {
        case valid
        /// By a trusted key, and no line hands the log over to it.
        case unannounced
        /// By the right key, and names another one that is not trusted.
        case untrusted
        case invalid
    }

    private let given: [VerifyingKey]
    private(set) var current: VerifyingKey?

    /// - Parameter given: one key: the first; every change that the log signs is followed. Several: no other is accepted, in whatever
    ///   order they come.
    init(_ given: [VerifyingKey]) { self.given = given }

    /// - Parameter line: up to its signature.
    mutating func judge(_ signature: [UInt8], for line: UnsafeRawBufferPointer, naming next: [UInt8]?) -> Judgement {
        func isValid(_ key: VerifyingKey) -> Bool { AuditSignature.isValid(signature, for: line, key: key) }
        var judgement = Judgement.valid
        if !(current.map(isValid) ?? false) {
            guard let other = given.first(where: isValid) else { return .invalid }
            if current != nil { judgement = .unannounced }
            current = other
        }
        guard let next else { return judgement }
        guard let named = try? VerifyingKey(rawBytes: next) else { return .invalid }
        guard given.count == 1 || given.contains(where: { $0.fingerprint == named.fingerprint }) else { return .untrusted }
        current = named
        return judgement
    }
}
