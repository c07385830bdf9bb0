import KCMServer
import KMIPClient
import NIOCore
import Testing

/// Peers that ask for too much, too slowly, or at the last moment.
@Suite(.serialized) struct OverloadTests {
    private func post(_ body: ByteBuffer = Frames.request(), path: String = "/kmip") -> ByteBuffer {
        let head = ["POST \(path) HTTP/1.1", "Host: x", "Content-Type: application/octet-stream", "Content-Length: \(body.readableBytes)"]
        var bytes = ByteBuffer(string: head.joined(separator: "\r\n") + "\r\n\r\n")
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    private func count(_ word: String, in bytes: ByteBuffer) -> Int {
        String(decoding: bytes.readableBytesView, as: UTF8.self).ranges(of: word).count
    }

    @Test func moreHandshakesThanASecondTakesAreClosedBeforeThem() async throws {
        try await TestServer.with(limits: .init(message: 4096, handshakes: 3)) { server in
            let began = ContinuousClock.now
            // All at once: one after the other, a busy machine takes longer than a flood may.
            let clients = try await withThrowingTaskGroup(of: RawClient.self) { flood in
                for _ in 0..<30 { flood.addTask { try await RawClient.connect(port: server.kmip, group: server.group) } }
                return try await flood.reduce(into: []) { $0.append($1) }
            }
            #expect(await eventually { clients.contains { $0.closed != nil } })
            let refused = { server.server.refusedConnections.first { $0.reason == "handshakes" }?.count ?? 0 }
            // Three at once and three a second, however long a busy machine takes to ask.
            let taken = { 3 + 3 * (Int((ContinuousClock.now - began) / .seconds(1)) + 1) }
            #expect(await eventually { refused() >= 30 - taken() }, "\(refused())")
            #expect(await server.log.line(with: "limit of 3 handshakes a second") != nil)
            // It is over when the flood is.
            for client in clients { await client.close() }
            var answer: ByteBuffer?
            for _ in 0..<100 where answer == nil {
                try await Task.sleep(for: .milliseconds(100))
                guard let connection = try? await server.connect(try server.pki.client()) else { continue }
                answer = try? await connection.send(Frames.request())
                await connection.close()
            }
            #expect(answer == Frames.response())
        }
    }

    @Test func aHeadThatDripsIsCut() async throws {
        try await TestServer.with(limits: .init(message: 4096, messageTime: .milliseconds(500))) { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            try await client.write(post())
            #expect(await client.receives { count("HTTP/1.1 200", in: $0) == 1 })
            for byte in "POST /kmip HTTP/1.1\r\nX: yyyyyyyyyy".utf8 {
                try? await client.write(ByteBuffer(bytes: [byte]))
                try await Task.sleep(for: .milliseconds(40))
            }
            #expect(await client.isClosed())
        }
    }

    @Test func aBodyThatDripsIsCut() async throws {
        try await TestServer.with(limits: .init(message: 4096, messageTime: .milliseconds(500))) { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            var bytes = post()
            try await client.write(bytes.readSlice(length: bytes.readableBytes - 10) ?? ByteBuffer())
            while let byte = bytes.readSlice(length: 1), bytes.readableBytes > 0 {
                try? await client.write(byte)
                try await Task.sleep(for: .milliseconds(150))
            }
            #expect(await client.isClosed())
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func aLongPipelineOfNonsenseIsNoDeepStack() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client(), port: server.https)
            let count = 20_000
            try await client.write(ByteBuffer(string: String(repeating: "GET / HTTP/1.1\r\n\r\n", count: count)))
            #expect(await client.receives { $0.readableBytes > 20 * count })
            #expect(await eventually { self.count("HTTP/1.1 404", in: client.bytes) == count })
            await client.close()
        }
    }

    @Test func overHTTPAPeerThatDoesNotReadGetsNoFurtherAnswers() async throws {
        try await TestServer.with { server in
            let client = try await RawClient.connect(
                port: server.https, tls: try server.pki.context(try server.pki.client()), group: server.group
            )
            try await client.write(post())
            #expect(await client.receives { count("HTTP/1.1 200", in: $0) == 1 })
            try await client.channel.setOption(.autoRead, value: false).get()
            var all = ByteBuffer()
            for _ in 0..<60 { all.writeImmutableBuffer(post(Frames.request(.large))) }
            client.channel.writeAndFlush(all, promise: nil)
            try await Task.sleep(for: .milliseconds(800))
            // Each answer is a mebibyte; a socket holds a few.
            #expect(server.responder.exchanges.count < 20, "\(server.responder.exchanges.count)")
            try await client.channel.setOption(.autoRead, value: true).get()
            #expect(await eventually { server.responder.exchanges.count == 61 })
            await client.close()
        }
    }

    @Test(arguments: ["kmip", "https"])
    func whatHasComeBeforeTheDrainIsAnswered(_ transport: String) async throws {
        try await TestServer.with { server in
            let isHTTP = transport == "https"
            let client = try await server.raw(try server.pki.client(), port: isHTTP ? server.https : server.kmip)
            var all = ByteBuffer()
            for id in 0..<100 {
                let frame = Frames.request(id % 10 == 0 ? .later : .now, id: UInt8(id))
                all.writeImmutableBuffer(isHTTP ? post(frame) : frame)
            }
            try await client.write(all)
            #expect(await eventually { !server.responder.exchanges.isEmpty })
            await server.server.drain(deadline: patience)
            #expect(await client.isClosed())
            #expect(server.responder.exchanges.count == 100)
            if isHTTP {
                #expect(count("HTTP/1.1 200", in: client.bytes) == 100)
                // Of a pipeline nobody knows which is the last.
                #expect(count("Connection: close", in: client.bytes) <= 1)
            } else {
                #expect(client.bytes.readableBytes == 1_600)
                #expect(client.bytes.readableBytesView.suffix(16).elementsEqual(Frames.response(id: 99).readableBytesView))
            }
            #expect(!server.log.lines.contains { $0.contains("still busy") })
        }
    }
}
