import Dispatch
import KCMServer
@testable import KCMService
import NIOCore
import NIOPosix
import Testing

/// `POST /kmip`, live on loopback.
@Suite(.serialized) struct HTTPSListenerTests {
    private func post(_ headers: [String] = [], method: String = "POST", path: String = "/kmip", body: ByteBuffer = Frames.request()) -> ByteBuffer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: core"]
        if !headers.contains(where: { $0.hasPrefix("Content-Type") }) { lines.append("Content-Type: application/octet-stream") }
        if !headers.contains(where: { $0.hasPrefix("Content-Length") || $0.hasPrefix("Transfer") }) {
            lines.append("Content-Length: \(body.readableBytes)")
        }
        var bytes = ByteBuffer(string: (lines + headers).joined(separator: "\r\n") + "\r\n\r\n")
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    private func expect(_ status: String, _ server: TestServer, _ request: ByteBuffer, at location: SourceLocation = #_sourceLocation) async throws {
        let client = try await server.raw(try server.pki.client(), port: server.https)
        try await client.write(request)
        _ = await client.receives { String(buffer: $0).contains("\r\n\r\n") }
        await client.close()
        #expect(client.text.hasPrefix(status + "\r\n"), "\(client.text)", sourceLocation: location)
    }

    @Test func aRequestIsAnsweredAndTheConnectionKept() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            for id: UInt8 in 1...3 {
                try await client.write(post(body: Frames.request(id: id)))
                let all = Int(id)
                #expect(await client.receives { String(decoding: $0.readableBytesView, as: UTF8.self).components(of: "HTTP/1.1 200 OK") == all })
                #expect(await client.receives { $0.readableBytesView.suffix(16).elementsEqual(Frames.response(id: id).readableBytesView) })
            }
            #expect(client.text.lowercased().contains("content-type: application/octet-stream"))
            #expect(server.responder.peers.first?.transport == .https)
            #expect(server.sink.appends == [1, 1, 1])
            await client.close()
        }
    }

    @Test func theHeadersOfAnEdgeReachTheResponder() async throws {
        try await TestServer.with { server in
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let request = post(["Client-Cert: :AQID:", "Client-Cert-Chain: :BAU=:, :Bg==:", "traceparent: \(trace)", "OpenKCM-Tenant: acme"])
            try await expect("HTTP/1.1 200 OK", server, request)
            let exchange = try #require(server.responder.exchanges.first)
            #expect(exchange.propagatedChain == [[1, 2, 3], [4, 5], [6]])
            #expect(exchange.traceparent == trace)
            #expect(exchange.actingTenant == "acme")
        }
    }

    @Test(arguments: [
        ["Client-Cert: AQID"], ["Client-Cert: :AQI:"], ["Client-Cert: :AQID:", "Client-Cert: :AQID:"], ["Client-Cert: ::"],
        ["Client-Cert-Chain: :AQID:"], ["Client-Cert: :AQID:, :AQID:"], ["Client-Cert: :A=ID:"],
    ])
    func aMalformedClientCertIsABadRequestAndAudited(_ headers: [String]) async throws {
        try await TestServer.with { server in
            try await expect("HTTP/1.1 400 Bad Request", server, post(headers))
            #expect(server.responder.exchanges.isEmpty)
            #expect(server.responder.malformed.count == 1)
            #expect(server.sink.appends == [1])
        }
    }

    @Test func whatIsNotServedHasItsStatus() async throws {
        try await TestServer.with { server in
            try await expect("HTTP/1.1 404 Not Found", server, post(path: "/"))
            try await expect("HTTP/1.1 405 Method Not Allowed", server, post(method: "PUT"))
            try await expect("HTTP/1.1 415 Unsupported Media Type", server, post(["Content-Type: text/plain"]))
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        try await TestServer.with(limits: .init(message: 64)) { server in
            let large = ByteBuffer(repeating: 0, count: 100)
            try await expect("HTTP/1.1 413 Payload Too Large", server, post(body: large))
            var chunked = ByteBuffer(string: "64\r\n")
            chunked.writeImmutableBuffer(large)
            chunked.writeString("\r\n0\r\n\r\n")
            try await expect("HTTP/1.1 413 Payload Too Large", server, post(["Transfer-Encoding: chunked"], body: chunked))
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func aBodyOverTheLimitIsRefusedBeforeItsEnd() async throws {
        try await TestServer.with(limits: .init(message: 64)) { server in
            // Announced, never sent: a client that waits for `100 Continue` gets the refusal instead.
            let announced = post(["Content-Length: 100000", "Expect: 100-continue"], body: ByteBuffer())
            try await expect("HTTP/1.1 413 Payload Too Large", server, announced)
            // A stream without an end is cut as soon as it is too long.
            var endless = ByteBuffer(string: "64\r\n")
            endless.writeRepeatingByte(0, count: 100)
            try await expect("HTTP/1.1 413 Payload Too Large", server, post(["Transfer-Encoding: chunked"], body: endless))
        }
    }

    @Test func whatFollowsARefusalIsReadAwayAndThenCut() async throws {
        let length = 9 << 20
        // All of it can still be sent, and then the connection is done with: long before its time is up.
        try await TestServer.with(limits: .init(message: 64, messageTime: .minutes(5))) { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            try await client.write(post(["Content-Length: \(length)"], body: ByteBuffer()))
            #expect(await client.receives { String(buffer: $0).contains("HTTP/1.1 413") })
            for _ in 0..<9 { try await client.write(ByteBuffer(repeating: 0, count: 1 << 20)) }
            #expect(await client.isClosed())
            #expect(server.responder.exchanges.isEmpty)
        }
        try await TestServer.with(limits: .init(message: 64, messageTime: .seconds(1))) { server in
            let stalled = try await server.raw(try server.pki.client("stalled"), port: server.https)
            try await stalled.write(post(["Content-Length: \(length)"], body: ByteBuffer()))
            #expect(await stalled.receives { String(buffer: $0).contains("HTTP/1.1 413") })
            #expect(await stalled.isClosed())
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func aClientThatAsksFirstIsToldToGoOn() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            try await client.write(post(["Content-Length: 16", "Expect: 100-continue"], body: ByteBuffer()))
            #expect(await client.receives { String(buffer: $0).contains("HTTP/1.1 100 Continue\r\n\r\n") })
            #expect(server.responder.exchanges.isEmpty)
            try await client.write(Frames.request())
            #expect(await client.receives { String(buffer: $0).contains("HTTP/1.1 200 OK") })
            await client.close()
        }
    }

    @Test func pipelinedRequestsAreAnsweredOneAtATime() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            var both = post(body: Frames.request(.later, id: 1))
            both.writeImmutableBuffer(post(["Connection: close"], body: Frames.request(id: 2)))
            try await client.write(both)
            #expect(await client.isClosed())
            #expect(client.text.components(of: "HTTP/1.1 200 OK") == 2)
            #expect(client.bytes.readableBytesView.suffix(16).elementsEqual(Frames.response(id: 2).readableBytesView))
        }
    }

    @Test func headersWithoutAnEndAreCut() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            try? await client.write("POST /kmip HTTP/1.1\r\nX: " + String(repeating: "x", count: 200_000))
            #expect(await client.isClosed())
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func aBodyThatDoesNotEndIsCut() async throws {
        try await TestServer.with(limits: .init(message: 4096, messageTime: .milliseconds(200))) { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            try await client.write(post(["Content-Length: 4000"], body: ByteBuffer(bytes: [0x42])))
            #expect(await client.isClosed(whileSending: ByteBuffer()))
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    /// Bodies that wait for a thread which decodes them are as much under way as those that come.
    @Test func aBodyCountsUntilItIsDecoded() async throws {
        try await TestServer.with(limits: .init(message: 1 << 20)) { server in
            let load = server.responder.load
            let goOn = DispatchSemaphore(value: 0)
            for _ in 0..<System.coreCount { NIOThreadPool.singleton.submit { _ in goOn.wait() } }
            let client = try await server.raw(try server.pki.client(), port: server.https)
            let text = ByteBuffer(repeating: UInt8(ascii: " "), count: 200_000)
            try await client.write(post(["Content-Length: 200000", "Content-Type: text/xml"], body: text))
            #expect(await eventually { load.underWay.bytes > 150_000 })
            // Time for all of it to come: where it does not, this cannot fail.
            try await Task.sleep(for: .milliseconds(300))
            #expect(load.underWay.bytes > 150_000)
            for _ in 0..<System.coreCount { goOn.signal() }
            #expect(await client.receives { String(buffer: $0).contains("HTTP/1.1 4") })
            #expect(load.underWay == LoadGate.Held())
            await client.close()
        }
    }

    @Test func aHeadThatDoesNotEndIsCut() async throws {
        try await TestServer.with(limits: .init(message: 4096, messageTime: .milliseconds(200))) { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            #expect(await client.isClosed(whileSending: ByteBuffer(string: "POST /kmip HTTP/1.1\r\nX: ")))
            #expect(server.responder.exchanges.isEmpty)
        }
    }
}

extension String {
    fileprivate func components(of word: String) -> Int { ranges(of: word).count }
}
