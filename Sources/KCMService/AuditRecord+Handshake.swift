internal import KCMAccess
public import KCMAudit
internal import KCMCrypto
internal import KCMEngine

extension AuditRecord {
    /// What a refused TLS handshake leaves behind.
    /// - Parameters:
    ///   - leaf: the certificate that was shown, DER, not believed; `nil` where there was none.
    ///   - reason: for the auditor; at most 200 characters of it are kept.
    public static func refusedHandshake(by leaf: [UInt8]?, reason: String, remoteAddress: String, transport: Peer.Transport) -> AuditRecord {
        var record = AuditRecord()
        record.time = WallClock.now
        record.traceID = TraceContext.make().traceID
        if let leaf, let certificate = try? Certificate(der: leaf) { record.actor = Actor(CertificateIdentity(certificate)) }
        record.remoteAddress = remoteAddress
        record.transport = transport.rawValue
        record.operation = "Handshake"
        record.resultReason = "AuthenticationNotSuccessful"
        record.rule = "tls: \(reason.prefix(200))"
        return record
    }
}
