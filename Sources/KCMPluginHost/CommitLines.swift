internal import KCMStore
internal import NIOCore

/// Commits that wait for the writer: a line for each namespace, which is a tenant's. A plain value without I/O.
///
/// Whoever commits alone has groups as large as they may be. While others commit as well, a group has a few of each: with the sync that it
/// costs they share that time, and nobody waits for a group that another filled.
struct CommitLines<Commit> {
    /// Of one namespace in a group, while others commit as well. A sync costs about as much as so many small commits.
    static var share: Int { 16 }
    /// A namespace that committed within that time still does.
    static var memory: TimeAmount { .milliseconds(100) }

    private var lines: [Namespace: CircularBuffer<Commit>] = [:]
    /// Those with a line, in the order of their turns.
    private var turns: CircularBuffer<Namespace> = []
    private(set) var count = 0
    /// Whose commit came last, and when.
    private var latest: Namespace?
    private var latestCame = NIODeadline.distantPast
    /// When one of any other namespace came last.
    private var othersCame = NIODeadline.distantPast

    var isEmpty: Bool { count == 0 }

    /// Puts one at the end of its namespace's line.
    mutating func add(_ commit: Commit, of namespace: Namespace, at now: NIODeadline) {
        if latest != namespace {
            if latest != nil { othersCame = latestCame }
            latest = namespace
        }
        latestCame = now
        if lines[namespace]?.append(commit) == nil {
            lines[namespace] = [commit]
            turns.append(namespace)
        }
        count += 1
    }

    /// Up to `most` for one group, in each namespace in the order in which they came.
    mutating func take(_ most: Int, at now: NIODeadline) -> [Commit] {
        let isAlone = turns.count < 2 && now - Self.memory > othersCame
        let share = isAlone ? most : Self.share
        var group: [Commit] = []
        for _ in 0..<turns.count where group.count < most {
            let namespace = turns.removeFirst()
            guard var line = lines.removeValue(forKey: namespace) else { continue }
            let size = min(share, line.count, most - group.count)
            group.append(contentsOf: line.prefix(size))
            line.removeFirst(size)
            guard !line.isEmpty else { continue }
            lines[namespace] = line
            turns.append(namespace)
        }
        count -= group.count
        return group
    }

    /// All there are; none is left.
    mutating func takeAll() -> [Commit] {
        defer {
            (lines, turns) = ([:], [])
            count = 0
        }
        return turns.flatMap { lines[$0].map(Array.init) ?? [] }
    }
}
