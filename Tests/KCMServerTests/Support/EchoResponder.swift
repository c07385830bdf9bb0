import KCMAudit
@testable import KCMService
import NIOCore
import Synchronization

/// Answers with the request's own bytes under the response's tag, in the manner that the request's first byte asks for.
final class EchoResponder: Responder {
    enum Wish: UInt8 {
        /// At once.
        case now = 0
        /// From a task, after 50 ms.
        case later = 1
        /// From a task, once ``release()`` was called.
        case held = 2
        /// A whole KMIP response.
        case success = 3
        /// 1 MiB.
        case large = 4
    }

    private struct State {
        var exchanges: [Exchange] = []
        var peers: [Peer] = []
        var malformed: [String] = []
        var unaudited = 0
        var isReleased = false
    }
    private let state = Mutex(State())
    /// Counts what connections have received of messages.
    let load = LoadControl(.init())

    func unfinishedBytes(of peer: Peer) -> UnfinishedBytes { UnfinishedBytes(load, tenant: "") }

    var exchanges: [Exchange] { state.withLock { $0.exchanges } }
    var peers: [Peer] { state.withLock { $0.peers } }
    var malformed: [String] { state.withLock { $0.malformed } }
    var unaudited: Int { state.withLock { $0.unaudited } }

    /// Lets what is held, and what will be, be answered.
    func release() { state.withLock { $0.isReleased = true } }

    static let malformedAnswer = ByteBuffer(bytes: [0x42, 0, 0x7B, 1, 0, 0, 0, 8] + Array("malform.".utf8))

    func respond(to exchange: Exchange, from peer: Peer) -> Reply {
        state.withLock {
            $0.exchanges.append(exchange)
            $0.peers.append(peer)
        }
        var frame = exchange.frame
        frame.setInteger(UInt8(0x7B), at: frame.readerIndex + 2)
        let echo = Answer(frame: frame, audit: [AuditRecord()])
        switch exchange.frame.getInteger(at: exchange.frame.readerIndex + 8, as: UInt8.self).flatMap(Wish.init) {
        case .later:
            return .later {
                try? await Task.sleep(for: .milliseconds(50)); return echo
            }
        case .held:
            return .later {
                while !self.state.withLock(\.isReleased) { try? await Task.sleep(for: .milliseconds(5)) }
                return echo
            }
        case .success: return .now(Answer(frame: Frames.success, audit: [AuditRecord()]))
        case .large:
            var large = ByteBuffer(bytes: [0x42, 0, 0x7B, 1])
            large.writeInteger(UInt32(1 << 20))
            large.writeRepeatingByte(0, count: 1 << 20)
            return .now(Answer(frame: large, audit: [AuditRecord()]))
        default: return .now(echo)
        }
    }

    func refuse(unaudited exchange: Exchange, from peer: Peer) -> Answer {
        state.withLock { $0.unaudited += 1 }
        return Answer(frame: Frames.success, audit: [AuditRecord()])
    }

    func refuse(malformed text: String, from peer: Peer) -> Answer {
        state.withLock { $0.malformed.append(text) }
        return Answer(frame: Self.malformedAnswer, audit: [AuditRecord()], closes: true)
    }
}
