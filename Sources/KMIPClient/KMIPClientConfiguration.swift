internal import KCMTLS
internal import NIOSSL

/// Who the client is and whom it trusts.
public struct KMIPClientConfiguration: Sendable {
    /// PEM: the certificate, then its intermediates.
    public var certificateFile: String
    /// PEM.
    public var keyFile: String
    /// PEM: the anchors that the server's certificate is checked against.
    public var trustFile: String
    /// For connecting, and for each answer.
    public var timeout: Duration

    public init(certificateFile: String, keyFile: String, trustFile: String, timeout: Duration = .seconds(10)) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.trustFile = trustFile
        self.timeout = timeout
    }

    /// Reads the files. Blocks.
    func tlsContext() throws(KMIPClientError) -> NIOSSLContext {
        let configuration = try tlsConfiguration()
        do { return try NIOSSLContext(configuration: configuration) } catch { throw unusable(error) }
    }

    /// Reads the files. Blocks.
    func tlsConfiguration() throws(KMIPClientError) -> TLSConfiguration {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.takeAllSignatureAlgorithms()
            configuration.trustRoots = .file(trustFile)
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
            return configuration
        } catch { throw unusable(error) }
    }

    private func unusable(_ error: any Error) -> KMIPClientError {
        KMIPClientError(.files, "cannot use \(certificateFile), \(keyFile) or \(trustFile): \(error)")
    }
}
