import KCMServer
import KCMService
import KMIPClient
import NIOCore
import Testing

/// KMIP over TLS, live on loopback.
@Suite(.serialized) struct KMIPListenerTests {
    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client())
            let wishes: [EchoResponder.Wish] = [.later, .now, .now, .later, .now]
            var all = ByteBuffer()
            var expected = ByteBuffer()
            for (id, wish) in wishes.enumerated() {
                all.writeImmutableBuffer(Frames.request(wish, id: UInt8(id)))
                expected.writeImmutableBuffer(Frames.response(wish, id: UInt8(id)))
            }
            try await client.write(all)
            #expect(await client.receives { $0.readableBytes >= expected.readableBytes })
            #expect(client.bytes == expected)
            await client.close()
        }
    }

    @Test func theNextRequestWaitsForTheAnswerBefore() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client())
            var all = Frames.request(.held)
            all.writeImmutableBuffer(Frames.request())
            try await client.write(all)
            #expect(await eventually { server.responder.exchanges.count == 1 })
            try await Task.sleep(for: .milliseconds(200))
            #expect(server.responder.exchanges.count == 1)
            server.responder.release()
            #expect(await eventually { server.responder.exchanges.count == 2 })
            await client.close()
        }
    }

    @Test func aByteAtATimeIsEnough() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(try server.pki.client())
            for byte in Frames.request(id: 9).readableBytesView { try await client.write(ByteBuffer(bytes: [byte])) }
            #expect(await client.receives { $0 == Frames.response(id: 9) })
            await client.close()
        }
    }

    @Test func aMessageThatIsTooLongIsAnsweredAndTheConnectionCloses() async throws {
        try await TestServer.with(limits: .init(message: 64)) { server in
            let client = try await server.raw(try server.pki.client())
            try await client.write(ByteBuffer(bytes: [0x42, 0, 0x78, 1, 0x7F, 0xFF, 0xFF, 0xF8]))
            #expect(await client.isClosed())
            #expect(client.bytes == EchoResponder.malformedAnswer)
            #expect(server.responder.malformed.count == 1)
            #expect(server.sink.appends == [1])
        }
    }

    @Test func aMessageThatDoesNotEndIsCut() async throws {
        try await TestServer.with(limits: .init(message: 4096, messageTime: .milliseconds(500))) { server in
            let client = try await server.raw(try server.pki.client())
            // Something comes all the time, and more is announced than comes until a failing test gives up.
            #expect(await client.isClosed(whileSending: ByteBuffer(bytes: [0x42, 0x00, 0x78, 0x01, 0x00, 0x00, 0x0F, 0xF0])))
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func anIdleConnectionIsClosed() async throws {
        // The time counts from the connection on: on a machine that stood still it is over before the request, and there is more of it next.
        for idle: Int64 in [1, 5, 30] {
            let wasServed = try await TestServer.with(limits: .init(message: 4096, idle: .seconds(idle))) { server in
                let client = try await server.raw(try server.pki.client())
                try? await client.write(Frames.request())
                _ = await eventually { client.bytes == Frames.response() || client.closed != nil }
                #expect(await client.isClosed())
                return client.bytes == Frames.response()
            }
            if wasServed { return }
        }
        Issue.record("closed before it was served")
    }

    @Test func theAnswerLeavesAfterItsRecord() async throws {
        try await TestServer.with(sink: RecordingSink(delayMilliseconds: 150)) { server in
            let connection = try await server.connect(try server.pki.client())
            let began = ContinuousClock.now
            #expect(try await connection.send(Frames.request()) == Frames.response())
            #expect(server.sink.appends == [1])
            #expect(ContinuousClock.now - began >= .milliseconds(150))
            await connection.close()
        }
    }

    @Test func whileTheLogCannotBeWrittenNothingSucceeds() async throws {
        try await TestServer.with { server in
            let connection = try await server.connect(try server.pki.client())
            let request = Frames.request(.success)
            #expect(try await connection.send(request) == Frames.success)
            let began = ContinuousClock.now
            server.sink.fail(true)
            let refused = try await connection.send(request)
            #expect(refused != Frames.success)
            // Until an append succeeds, requests are not even given to the responder.
            let done = server.responder.exchanges.count
            for _ in 0..<10 { #expect(try await connection.send(request) != Frames.success) }
            #expect(server.responder.exchanges.count == done)
            #expect(server.responder.unaudited == 10)
            // One a second.
            let seconds = Int((ContinuousClock.now - began) / .seconds(1))
            #expect((1...1 + seconds).contains(server.log.lines.filter { $0.contains("audit log cannot be written") }.count))
            server.sink.fail(false)
            _ = try await connection.send(request)
            #expect(try await connection.send(request) == Frames.success)
            #expect(server.responder.exchanges.count == done + 1)
            await connection.close()
        }
    }

    @Test func overTheLimitConnectionsAreClosedAndLoggedSparingly() async throws {
        try await TestServer.with(limits: .init(message: 4096, connections: 1)) { server in
            let first = try await server.connect(try server.pki.client())
            let began = ContinuousClock.now
            for _ in 0..<20 {
                let refused = try await RawClient.connect(port: server.kmip, group: server.group)
                #expect(await refused.isClosed())
            }
            #expect(await server.log.line(with: "limit of 1 connections") != nil)
            let seconds = Int((ContinuousClock.now - began) / .seconds(1))
            #expect((1...1 + seconds).contains(server.log.lines.filter { $0.contains("limit of 1 connections") }.count))
            #expect(try await first.send(Frames.request()) == Frames.response())
            await first.close()
            // Once it has left, its place is free.
            #expect(await eventually { server.server.connectionCount == 0 })
            let next = try await server.connect(try server.pki.client("next"))
            #expect(try await next.send(Frames.request()) == Frames.response())
            await next.close()
        }
    }

    @Test func drainingFinishesWhatIsUnderWay() async throws {
        try await TestServer.with { server in
            let idle = try await server.raw(try server.pki.client("idle"))
            try await idle.write(Frames.request())
            #expect(await idle.receives { $0 == Frames.response() })
            let busy = try await server.raw(try server.pki.client("busy"))
            try await busy.write(Frames.request(.held, id: 3))
            #expect(await eventually { server.responder.exchanges.count == 2 })
            async let drained: Void = server.server.drain(deadline: patience)
            // What is idle does not wait for what is not.
            #expect(await idle.isClosed())
            #expect(busy.closed == nil)
            server.responder.release()
            #expect(await busy.isClosed())
            #expect(busy.bytes == Frames.response(.held, id: 3))
            await drained
            #expect(server.server.connectionCount == 0)
            await #expect(throws: (any Error).self) { try await RawClient.connect(port: server.kmip, group: server.group) }
        }
    }

    @Test func aPortInUseIsNamed() async throws {
        try await TestServer.with { server in
            do {
                _ = try await server.server.listenKMIP(address: "127.0.0.1", port: server.kmip)
                Issue.record("bound twice")
            } catch let error as Server.BindError {
                #expect(error.description.contains("127.0.0.1:\(server.kmip)") && error.description.contains("98"), "\(error)")
            }
        }
    }

    @Test func aClientGivesUpInTime() async throws {
        try await TestServer.with { server in
            let connection = try await server.connect(try server.pki.client(), timeout: .seconds(3))
            do throws(KMIPClientError) {
                _ = try await connection.send(Frames.request(.held))
                Issue.record("answered")
            } catch { #expect(error.kind == .timedOut, "\(error)") }
        }
    }
}
