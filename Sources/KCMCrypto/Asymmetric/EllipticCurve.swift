internal import COpenSSL

/// A named elliptic curve that OpenSSL has.
public struct EllipticCurve: Sendable, Hashable {
    /// OpenSSL's short name: `prime256v1`, `secp384r1`, `brainpoolP256r1`, …
    public let name: String
    /// Of the order, in bits.
    public let bits: Int

    /// - Returns: `nil` where OpenSSL has no curve of that name.
    public init?(name: String) {
        let nid = OBJ_sn2nid(name)
        guard nid != NID_undef, let group = EC_GROUP_new_by_curve_name(nid) else {
            ERR_clear_error()
            return nil
        }
        defer { EC_GROUP_free(group) }
        self.name = name
        bits = Int(EC_GROUP_order_bits(group))
    }
}
