/// A certificate request that OpenSSL's command made (`openssl req -new`), and its public key.
enum SampleRequest {
    /// O=acme, CN=from request; DNS:orders.example. PKCS #10.
    static let der = bytes(
        "3082010d3081b40201003026310d300b060355040a0c0461636d653115301306035504030c0c66726f6d20726571756573743059301306"
            + "072a8648ce3d020106082a8648ce3d03010703420004dd81b6bcb7531c358f312f0c680360da5174b0f18bd6a25334e2625fd6bec87383"
            + "9b854fa987b7dc9ec69a359ea7043a74a2c9ec740c66c18269ce19cd0586a0a02c302a06092a864886f70d01090e311d301b3019060355"
            + "1d1104123010820e6f72646572732e6578616d706c65300a06082a8648ce3d0403020348003045022100eac501ceb110d0a1a49be4e913"
            + "da50d4edc12264a2d1842830c4fc7164cf388502207b7b268aeb103568c73e80ff292349b099445766e49b36dcc6ef7b9c62ce56cc"
    )
    /// SubjectPublicKeyInfo.
    static let publicKey = bytes(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004dd81b6bcb7531c358f312f0c680360da5174b0f18bd6a25334e2625f"
            + "d6bec873839b854fa987b7dc9ec69a359ea7043a74a2c9ec740c66c18269ce19cd0586a0"
    )

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
