/// Stored keys that runs go round: spread over all, and few enough to be held.
struct BenchSample {
    /// One of them.
    struct Key {
        let identifier: String
        let name: String
        /// What it shares with nine others: the value of ``BenchSample/attribute``.
        let set: String
    }

    /// The attribute by which keys are in sets.
    static let attribute = "x-bench-set"
    /// Keys in a set.
    static let setSize = 10
    /// The most keys.
    private static let size = 100_000
    /// Keys that get goes round: the first Get of a key is a change of it (Fresh, KMIP 1.4 §3.34), which the warm-up has to have done for
    /// all of them.
    static let served = 1000

    var keys: [Key]

    init(keys: [Key] = []) { self.keys = keys }

    /// Of keys that were made in the order of their numbers.
    init(of identifiers: [String], prefix: String) {
        // In no order, as requests of many clients are; the same in every run.
        var generator = SteadyGenerator(state: 1)
        keys = stride(from: 0, to: identifiers.count, by: max(identifiers.count / Self.size, 1)).map { number in
            Key(identifier: identifiers[number], name: Self.name(number, prefix), set: Self.set(number, prefix))
        }.shuffled(using: &generator)
    }

    static func name(_ number: Int, _ prefix: String) -> String { "\(prefix)-\(number)" }
    static func set(_ number: Int, _ prefix: String) -> String { "\(prefix)-set-\(number / setSize)" }

    // MARK: As a file: a line a key

    /// - Throws: `Files.Failure`.
    init(path: String) throws {
        keys = try String(decoding: Files.read(path), as: UTF8.self).split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3 else { throw Files.Failure(description: "\(path) is not what --sample writes") }
            return Key(identifier: words[0], name: words[1], set: words[2])
        }
    }

    /// - Throws: `Files.Failure`.
    func write(to path: String) throws {
        try Files.write(keys.map { "\($0.identifier) \($0.name) \($0.set)\n" }.joined(), to: path)
    }
}

/// SplitMix64: an order that is the same in every run.
private struct SteadyGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
