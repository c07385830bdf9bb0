import Dispatch
import Foundation
import KCMAudit
@testable import KCMServer
import KCMService
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
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
        func takeInTurn() {}
    }

    /// A connection behind which ever more requests have come.
    private final class Pipeline: AuditTurn.Connection {
        let turn: AuditTurn
        private let tenant: TurnOrder<any AuditTurn.Connection>.Tenant
        private(set) var answered = 0
        init(_ turn: AuditTurn) {
            self.turn = turn
            tenant = turn.tenant(of: KMIPConnectionHandlerTests.peer)
        }
        func write(_ frame: ByteBuffer, closes: Bool) { answered += 1 }
        func finishWriting() { if turn.mayTake(self, of: tenant, isPipelined: true, at: .now()) { takeInTurn() } }
        func takeInTurn() { turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: self) }
    }

    @Test func whoSendsAheadRestsWhileTheLoopLooksAtOthers() {
        let loop = EmbeddedEventLoop()
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: RecordingSink(), pool: nil), logger: LogLines().logger)
        let lines = (0..<4).map { _ in Pipeline(turn) }
        for line in lines { line.takeInTurn() }
        loop.run()
        // The first of each, and what is taken ahead of all together; an endless pipeline does not hold the loop.
        let ahead = TurnOrder<Pipeline>.pipelined
        #expect(lines.map(\.answered).reduce(0, +) == 4 + ahead)
        loop.advanceTime(by: AuditTurn.look)
        // Those four that waited are among the next.
        #expect(lines.map(\.answered).reduce(0, +) == 4 + 2 * ahead)
        #expect((lines.map(\.answered).max() ?? 0) - (lines.map(\.answered).min() ?? 0) <= 1, "in turns")
    }

    @Test func theAnswersOfATurnShareAnAppend() {
        let loop = EmbeddedEventLoop()
        let sink = RecordingSink()
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: sink, pool: nil), logger: LogLines().logger)
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
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: sink, pool: nil), logger: log.logger)
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

    /// Refused handshakes: they fill neither the audit log nor, by what the caller is told, the other one; none goes uncounted.
    @Test func ofManyNotesSomeAreTakenAndTheRestIsANumber() {
        let loop = EmbeddedEventLoop()
        let sink = RecordingSink()
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: sink, pool: nil), logger: LogLines().logger)
        let first = (0..<1000).map { _ in turn.note(AuditRecord()) }
        loop.run()
        let taken = first.count { $0 != nil }
        // A slow machine may be in the next second before the last of them.
        #expect((1...500).contains(taken) && sink.rules.count == taken)
        #expect(first[0] == 0)
        let counted = sink.rules.compactMap { Int($0.drop { $0 != " " }.dropFirst().prefix { $0 != " " }) }.reduce(0, +)
        // Those between two that were taken are told of with the later one, to the caller and in its record.
        let last = first.lastIndex { $0 != nil } ?? 0
        let between = first[..<last].count { $0 == nil }
        #expect(counted == between && first.compactMap { $0 }.reduce(0, +) == between)
    }

    @Test func aNoteThatCouldNotBeWrittenIsCounted() {
        let loop = EmbeddedEventLoop()
        let sink = RecordingSink()
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: sink, pool: nil), logger: LogLines().logger)
        sink.fail(true)
        for _ in 0..<3 { #expect(turn.note(AuditRecord()) == 0) }
        loop.run()
        sink.fail(false)
        #expect(turn.note(AuditRecord()) == 0)
        loop.run()
        #expect(sink.rules == ["; 3 more like it were not recorded"])
    }

    @Test func whatComesDuringAWriteOfAnotherLoopGoesOutWithTheNext() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        defer { try? group.syncShutdownGracefully() }
        let sink = SlowSink()
        let queue = AuditQueue(sink: sink, pool: nil)
        let logger = LogLines().logger
        let loops = Array(group.makeIterator())
        let turns = try loops.map { loop in
            try loop.submit { NIOLoopBound(AuditTurn(loop: loop, queue: queue, logger: logger), eventLoop: loop) }.wait()
        }
        let answered = (0..<3).map { _ in DispatchSemaphore(value: 0) }
        for index in 0..<3 {
            loops[index].execute {
                turns[index].value.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: Waiter(answered[index]))
            }
            if index == 0 { sink.began.wait() }
        }
        // The loops whose records wait are not held up by the write. A turn hands over in a task that its first one makes: twice round.
        for loop in loops[1...] { for _ in 0..<2 { try loop.submit {}.wait() } }
        #expect(sink.appends == [1])
        sink.goOn.signal()
        for one in answered { #expect(one.wait(timeout: .now() + 90) == .success) }
        #expect(sink.appends == [1, 2])
    }

    @Test func anIntentSharesTheWriteOfWhatComesBesideIt() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let sink = SlowSink()
        let queue = AuditQueue(sink: sink, pool: pool)
        let journal = IntentJournal(queue: queue)
        async let first: Void = journal.record([AuditRecord()])
        await offload { sink.began.wait() }
        let loop = group.next()
        let logger = LogLines().logger
        let answered = DispatchSemaphore(value: 0)
        try await loop.submit {
            let turn = AuditTurn(loop: loop, queue: queue, logger: logger)
            turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: Waiter(answered))
        }.get()
        async let second: Void = journal.record([AuditRecord(), AuditRecord()])
        // Until all of it waits.
        while queue.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(sink.appends == [1])
        sink.goOn.signal()
        _ = try await (first, second)
        await offload { answered.wait() }
        #expect(sink.appends == [1, 3])
        try await pool.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    /// What the daemon records by itself goes through the queue as well: a loop that comes meanwhile hands over and goes on.
    @Test func noLoopWaitsForWhatTheDaemonRecords() async throws {
        try await loopGoesOn(sink: SlowSink()) { queue, _ in try await queue.append([AuditRecord()]) }
    }

    /// As long as the log is rotated, say.
    @Test func noLoopWaitsForWhatIsDoneToTheLog() async throws {
        try await loopGoesOn(sink: SlowSink()) { queue, sink in try await queue.alone { try sink.append([AuditRecord()], intents: []) } }
    }

    @Test func whatIsLeftWhenThePoolHasEndedIsToldSo() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        try await pool.shutdownGracefully()
        let queue = AuditQueue(sink: RecordingSink(), pool: pool)
        await #expect(throws: AuditError(.closed, "")) { try await queue.append([AuditRecord()]) }
        await #expect(throws: AuditError(.closed, "")) { try await queue.alone {} }
    }

    /// Two answers of a loop while `work` is in the sink: both turns hand over, and their records follow in one append.
    private func loopGoesOn(sink: SlowSink, _ work: @escaping @Sendable (AuditQueue, SlowSink) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let queue = AuditQueue(sink: sink, pool: pool)
        async let worked: Void = work(queue, sink)
        await offload { sink.began.wait() }
        let logger = LogLines().logger
        let answered = (0..<2).map { _ in DispatchSemaphore(value: 0) }
        let loops = Array(group.makeIterator())
        for index in 0..<2 {
            let loop = loops[index]
            loop.execute {
                let turn = AuditTurn(loop: loop, queue: queue, logger: logger)
                turn.submit(Answer(frame: Frames.success, audit: [AuditRecord()]), for: Waiter(answered[index]))
            }
        }
        // A turn hands over in a task that its first one makes: twice round, and the loops answer.
        for loop in loops { for _ in 0..<2 { try await loop.submit {}.get() } }
        #expect(sink.appends == [1])
        #expect(queue.waitingCount == 2)
        sink.goOn.signal()
        try await worked
        for one in answered { await offload { one.wait() } }
        #expect(sink.appends == [1, 2])
        try await pool.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    /// Waits on a thread that may wait.
    private func offload(_ wait: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                wait()
                done.resume()
            }
        }
    }

    private final class Waiter: AuditTurn.Connection {
        private let answered: DispatchSemaphore
        init(_ answered: DispatchSemaphore) { self.answered = answered }
        func write(_ frame: ByteBuffer, closes: Bool) {}
        func finishWriting() { answered.signal() }
        func takeInTurn() {}
    }

    /// Its first append lasts until it may go on.
    private final class SlowSink: AuditSink {
        let began = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        private let counts = Mutex<[Int]>([])
        var appends: [Int] { counts.withLock { $0 } }
        var blocks: Bool { false }
        var isFailing: Bool { false }

        func append(_ records: [AuditRecord], intents: [AuditRecord]) throws {
            let isFirst = counts.withLock { counts in
                counts.append(records.count + intents.count)
                return counts.count == 1
            }
            guard isFirst else { return }
            began.signal()
            goOn.wait()
        }
    }
}
