internal import KCMCrypto
internal import NIOCore
internal import Synchronization

/// The turn of each event loop, made when its first connection comes.
final class TurnTable: Sendable {
    private let work: Ceiling.Work
    private let log: ChainedLog
    private let turns = Mutex<[ObjectIdentifier: NIOLoopBound<Turn>]>([:])

    /// - Parameters:
    ///   - line: bytes of a line.
    ///   - file: an open file descriptor to append to.
    init(work: Ceiling.Work, line: Int, file: Int32) throws {
        self.work = work
        log = ChainedLog(line: line, file: file, key: try SigningKey.generate())
    }

    /// To be called on `loop`.
    func turn(of loop: any EventLoop) throws -> Turn {
        let known = turns.withLock { $0[ObjectIdentifier(loop)] }
        if let known { return known.value }
        let turn = try Turn(loop: loop, work: work, log: log)
        let bound = NIOLoopBound(turn, eventLoop: loop)
        turns.withLock { $0[ObjectIdentifier(loop)] = bound }
        return turn
    }
}
