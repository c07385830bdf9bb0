internal import KCMEngine
internal import KCMService
internal import NIOCore

/// The peer of one connection, judged again when what it was judged by has changed, and once a minute for what time changes: the end
/// of a certificate, and of a revocation list. Used on the connection's event loop alone.
final class PeerWatch {
    /// Between two looks at what time changes, where nothing is read again.
    static let interval = TimeAmount.seconds(60)

    /// Who is at the other end; without a principal once the certificate is refused.
    private(set) var peer: Peer
    private let trust: TrustSource?
    private let responder: (any Responder)?
    private var generation: UInt64
    private let interval: TimeAmount
    private var nextCheck: NIODeadline

    /// - Parameters:
    ///   - responder: knows what a principal's tenant may ask for, should the principal change.
    ///   - generation: of the trust that `peer` was judged by.
    init(_ peer: Peer, trust: TrustSource, responder: any Responder, generation: UInt64, interval: TimeAmount = PeerWatch.interval) {
        self.interval = interval
        nextCheck = .now() + interval
        self.peer = peer
        self.trust = trust
        self.responder = responder
        self.generation = generation
    }

    /// A peer that stays what it is.
    init(_ peer: Peer) {
        interval = Self.interval
        nextCheck = .now() + interval
        self.peer = peer
        trust = nil
        responder = nil
        generation = 0
    }

    /// Judges again where it is due; costs two comparisons where not, and some 0.4 ms where it is.
    /// - Returns: whether the peer may go on. Where not, ``peer`` answers each request with *Authentication Not Successful*.
    func isStillGood() -> Bool {
        guard peer.refusal == nil else { return false }
        guard let trust, trust.generation != generation || nextCheck <= .now() else { return true }
        nextCheck = .now() + interval
        switch trust.authenticate(chain: peer.chain, now: WallClock.now / 1_000_000_000) {
        case .success(let verified):
            generation = verified.generation
            peer = Peer(
                principal: verified.principal,
                certificate: verified.identity,
                chain: verified.chain,
                remoteAddress: peer.remoteAddress,
                transport: peer.transport,
                allowance: verified.principal.flatMap { responder?.allowance(of: $0) }
            )
            return true
        case .failure(let refusal):
            peer = Peer(refused: peer, refusal.text)
            return false
        }
    }
}

@available(*, unavailable)
extension PeerWatch: Sendable {}
