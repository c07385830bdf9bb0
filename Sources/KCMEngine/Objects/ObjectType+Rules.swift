internal import KMIP

extension ObjectType {
    /// A Managed Cryptographic Object (KMIP 1.4 §2.2): all but Opaque Objects and Templates.
    var isCryptographic: Bool {
        [.certificate, .symmetricKey, .publicKey, .privateKey, .splitKey, .secretData, .pgpKey].contains(self)
    }
}
