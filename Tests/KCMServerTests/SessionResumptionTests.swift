import Glibc
import KCMCrypto
import KCMService
import NIOCore
import Testing

/// A resumed TLS session sends no certificates: only the leaf of its first handshake is known.
@Suite(.serialized) struct SessionResumptionTests {
    @Test(arguments: ["-tls1_2", "-tls1_3"], [false, true])
    func aResumedSessionIsServed(_ version: String, _ hasIntermediate: Bool) async throws {
        try await TestServer.with { server in
            let pki = server.pki
            let authority =
                hasIntermediate
                ? try pki.root.issueAuthority(subject: [("O", "OpenKCM"), ("CN", "Below")], notBefore: pki.now - 3600, notAfter: pki.now + 3600)
                : pki.root
            let identity = try pki.client(by: authority)
            let first = run(server, identity, version, "-sess_out")
            #expect(first.contains("New, TLSv1"), "\(first)")
            let second = run(server, identity, version, "-sess_in")
            #expect(second.contains("Reused, TLSv1"), "\(second)")
            #expect(server.responder.exchanges.count == 2, "\(server.log.lines)")
            // What Edge passes on to Core has to be whole again.
            #expect(server.responder.peers.map(\.chain.count) == Array(repeating: hasIntermediate ? 2 : 1, count: 2))
        }
    }

    /// Sends one frame and waits for the answer, which comes after the session ticket. Blocks.
    private func run(_ server: TestServer, _ identity: TestPKI.Identity, _ version: String, _ session: String) -> String {
        let answer = server.pki.folder.path("answer\(session)")
        let frame = Array(Frames.request().readableBytesView).map { byte in "\\" + octal(byte) }.joined()
        let command = """
            (printf '\(frame)'; n=0; until LC_ALL=C grep -qaP '\\x42\\x00\\x7b' \(answer) || [ $n -ge 900 ]; do sleep 0.1; n=$((n+1)); done) |
            openssl s_client -connect 127.0.0.1:\(server.kmip) \(version) -cert \(identity.certificate) \
            -cert_chain \(identity.certificate) -key \(identity.key) -CAfile \(server.pki.trust) \(session) \(server.pki.folder.path("session")) >\(answer) 2>&1; cat \(answer)
            """
        guard let pipe = popen(command, "r") else { return "" }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&piece, 1, piece.count, pipe)
            guard count > 0 else { break }
            output += piece[..<count]
        }
        pclose(pipe)
        return String(decoding: output, as: UTF8.self)
    }

    private func octal(_ byte: UInt8) -> String {
        let text = String(byte, radix: 8)
        return String(repeating: "0", count: 3 - text.count) + text
    }
}
