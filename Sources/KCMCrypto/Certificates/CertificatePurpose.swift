/// What a certificate is used for in TLS.
public enum CertificatePurpose: Sendable, Hashable {
    /// Proves a client (extended key usage clientAuth).
    case client
    /// Proves a server (extended key usage serverAuth).
    case server
}
