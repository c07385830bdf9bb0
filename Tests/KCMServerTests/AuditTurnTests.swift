import KCMAudit
@testable import KCMServer
import KCMService
import NIOCore
import NIOEmbedded
import Testing

/// Records first, then answers; one append for all answers of a turn.
@Suite struct AuditTurnTests {
    private final class Line: AuditTurn.Connection {
        let sink: RecordingSink
        /// The frames written, each with the number of appends that had succeeded by then.
        private(set) var written: [(frame: ByteBuffer, appends: Int)] = []
        private(set) var finished = 0
        init(_ sink: RecordingSink) { self.sink = sink }
        func write(_ frame: ByteBuffer, closes: Bool) { written.append((frame, sink.appends.count)) }
        func finishWriting() { finished += 1 }
        func takeNext() {}
    }

    /// A connection behind which ever more requests have come.
    private final class Pipeline: AuditTurn.Connection {
        let turn: AuditTurn
        private(set) var answered = 0
        init(_ turn: AuditTurn) { self.turn = turn }
        func write(_ frame: ByteBuffer, closes: Bool) { answered += 1 }
        func finishWriting() { turn.next(self) }
        func takeNext() { turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: self) }
    }

    @Test func whoSendsAheadRestsWhileTheLoopLooksAtOthers() {
        let loop = EmbeddedEventLoop()
        let turn = AuditTurn(loop: loop, sink: RecordingSink(), blockingPool: nil, logger: LogLines().logger)
        let lines = (0..<4).map { _ in Pipeline(turn) }
        for line in lines { line.takeNext() }
        loop.run()
        // The first of each, and what is taken ahead of all together; an endless pipeline does not hold the loop.
        #expect(lines.map(\.answered).reduce(0, +) == 4 + AuditTurn.takenAhead)
        loop.advanceTime(by: .microseconds(20))
        #expect(lines.map(\.answered).reduce(0, +) == 2 * (4 + AuditTurn.takenAhead))
        #expect((lines.map(\.answered).max() ?? 0) - (lines.map(\.answered).min() ?? 0) <= 1, "in turns")
    }

    @Test func theAnswersOfATurnShareAnAppend() {
        let loop = EmbeddedEventLoop()
        let sink = RecordingSink()
        let turn = AuditTurn(loop: loop, sink: sink, blockingPool: nil, logger: LogLines().logger)
        let lines = (0..<3).map { _ in Line(sink) }
        for line in lines { turn.submit(Answer(frame: Frames.success, audit: [AuditRecord(), AuditRecord()]), for: line) }
        #expect(sink.appends.isEmpty)
        #expect(lines.allSatisfy { $0.written.isEmpty })
        loop.run()
        #expect(sink.appends == [6])
        #expect(lines.allSatisfy { $0.written.map(\.appends) == [1] && $0.finished == 1 })
        turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: lines[0])
        loop.run()
        #expect(sink.appends == [6, 1])
    }

    @Test func afterAFailedAppendOnlyRefusalsLeave() {
        let loop = EmbeddedEventLoop()
        let sink = RecordingSink()
        let log = LogLines()
        let turn = AuditTurn(loop: loop, sink: sink, blockingPool: nil, logger: log.logger)
        let line = Line(sink)
        sink.fail(true)
        for _ in 0..<5 {
            turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: line)
            loop.run()
        }
        #expect(line.written.count == 5)
        #expect(line.written.allSatisfy { $0.frame != Frames.success && $0.frame.readableBytes > 8 })
        #expect(log.lines.count == 1)
        #expect(sink.isFailing)
        sink.fail(false)
        turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: line)
        loop.run()
        #expect(line.written.last?.frame == Frames.success)
        #expect(!sink.isFailing)
    }
}
