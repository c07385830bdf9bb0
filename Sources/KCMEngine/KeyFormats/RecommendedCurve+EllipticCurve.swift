internal import KCMCrypto
internal import KMIP

extension RecommendedCurve {
    /// The curve as OpenSSL has it; `nil` for one that it lacks.
    var ellipticCurve: EllipticCurve? { (Self.names[self] ?? derivedName).flatMap(EllipticCurve.init(name:)) }

    /// By OpenSSL's name; `nil` for a curve that KMIP does not number.
    init?(openSSLName name: String) {
        guard let curve = Self.byName[name] else { return nil }
        self = curve
    }

    /// The NIST curve of a Cryptographic Length: what a request without Recommended Curve means.
    init?(length: Int32) {
        switch length {
        case 192: self = .p192
        case 224: self = .p224
        case 256: self = .p256
        case 384: self = .p384
        case 521: self = .p521
        default: return nil
        }
    }

    /// The names that do not follow from KMIP's.
    private static let names: [RecommendedCurve: String] = [
        .p192: "prime192v1", .k163: "sect163k1", .b163: "sect163r2", .p224: "secp224r1", .k233: "sect233k1", .b233: "sect233r1",
        .p256: "prime256v1", .k283: "sect283k1", .b283: "sect283r1", .p384: "secp384r1", .k409: "sect409k1", .b409: "sect409r1",
        .p521: "secp521r1", .k571: "sect571k1", .b571: "sect571r1",
    ]

    /// `SECP256K1` → `secp256k1`, `ANSIX9P239V1` → `prime239v1`, `ANSIX9C2PNB163V1` → `c2pnb163v1`, `BRAINPOOLP256R1` → `brainpoolP256r1`.
    private var derivedName: String? {
        guard let name else { return nil }
        if name.hasPrefix("ANSIX9P") { return "prime" + name.dropFirst(7).lowercased() }
        if name.hasPrefix("ANSIX9") { return name.dropFirst(6).lowercased() }
        if name.hasPrefix("BRAINPOOL") { return "brainpool" + name.dropFirst(9).prefix(1) + name.dropFirst(10).lowercased() }
        return name.lowercased()
    }

    /// Every curve that OpenSSL has, by its name.
    private static let byName: [String: RecommendedCurve] = {
        var result: [String: RecommendedCurve] = [:]
        for value in UInt32(1)...RecommendedCurve.brainpoolp512t1.rawValue {
            let curve = RecommendedCurve(rawValue: value)
            if let name = curve.ellipticCurve?.name, result[name] == nil { result[name] = curve }
        }
        return result
    }()
}
