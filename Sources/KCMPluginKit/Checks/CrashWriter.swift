internal import CKCMPlugin

/// The process of the crash loop that writes until it is killed, and what it writes.
///
/// Batch number n replaces four keys by values of number n, creates a key of its own, and removes that of batch n - ``window``. So the store's
/// whole content follows from n, and a batch that is there in part shows.
enum CrashWriter {
    static let shared: [[UInt8]] = (UInt8(0)..<4).map { Array("all/".utf8) + [$0] }
    static let prefix = Array("seq/".utf8)
    static let window: UInt64 = 100

    static func key(_ number: UInt64) -> [UInt8] { prefix + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) } }
    static func sharedValue(_ number: UInt64, _ index: Int) -> [UInt8] { Noise.value(number, size: 20 + Int(number &* 37 % 1500) * (index + 1) / 4) }
    static func ownValue(_ number: UInt64) -> [UInt8] { Noise.value(number, size: 8 + Int(number &* 13 % 300)) }

    /// - Parameter revision: of the shared keys as they are.
    static func batch(_ namespace: [UInt8], _ number: UInt64) -> Batch {
        var writes: [Write] = shared.enumerated().map { index, key in
            let value = sharedValue(number, index)
            return number == 1 ? .create(key, value) : .replace(key, value, revision: number - 1)
        }
        writes.append(.create(key(number), ownValue(number)))
        if number > window { writes.append(.remove(key(number - window), revision: 1)) }
        return Batch(namespace: namespace, writes: writes)
    }

    /// Writes groups of `group` batches and tells the last number of each group that came back, until killed.
    static func run(_ context: CheckContext, group: Int) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let first = store.get(namespace, shared[0])
        var number = first.code == KCM_NOT_FOUND ? 0 : first.value.flatMap(Noise.number(of:)) ?? 0
        context.channel.send("open")
        while true {
            let answer = store.commit((1...UInt64(group)).map { batch(namespace, number + $0) })
            guard answer.isOK else { throw CheckFailure("a commit of the writer after number \(number): got \(answer.answer)") }
            number += UInt64(group)
            context.channel.send("ack", String(number))
        }
    }
}
