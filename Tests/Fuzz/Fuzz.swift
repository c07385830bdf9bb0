import Glibc

/// `kcm-fuzz [--inputs N] [--seed N] [--decoder NAME] [--input NUMBER] CORPUS…`
///
/// Gives each decoder N inputs, made from the corpus by a seeded mutator, and fails where one crashes, takes more than 100 ms of CPU
/// time, or makes the process grow past its bound. `--input` runs one of them again and prints it in hexadecimal.
@main
enum Fuzz {
    /// CPU time of one input.
    static let slowest = 0.1
    /// Resident memory over what the corpus takes, in bytes: the largest message and what its parser needs, twice.
    static let growth = 192 << 20

    static func main() {
        do { exit(try run(Array(CommandLine.arguments.dropFirst())) ? 0 : 1) } catch {
            print("kcm-fuzz: \(error)")
            exit(2)
        }
    }

    private static func run(_ arguments: [String]) throws -> Bool {
        var inputs = 10_000
        var seed: UInt64 = 1
        var only: String?
        var single: Int?
        var paths: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--inputs": inputs = try number(&rest, word)
            case "--seed": seed = UInt64(try number(&rest, word))
            case "--input": single = try number(&rest, word)
            case "--decoder": only = rest.popFirst()
            default: paths.append(word)
            }
        }
        let frames = try Corpus(paths).frames
        guard !frames.isEmpty else { throw Corpus.Failure(description: "no corpus: name folders of test cases or files of frames") }
        print("corpus: \(frames.count) messages")
        Watch.install()
        var isSound = true
        for (position, decoder) in Decoder.all(frames).enumerated() where only == nil || only == decoder.name {
            isSound = try fuzz(decoder, position, single.map { $0..<$0 + 1 } ?? 0..<inputs, seed, prints: single != nil) && isSound
        }
        return isSound
    }

    private static func number(_ words: inout ArraySlice<String>, _ option: String) throws -> Int {
        guard let word = words.popFirst(), let value = Int(word), value >= 0 else { throw Corpus.Failure(description: "\(option) takes a number") }
        return value
    }

    private static func fuzz(_ decoder: Decoder, _ position: Int, _ inputs: Range<Int>, _ seed: UInt64, prints: Bool) throws -> Bool {
        let before = Watch.residentMemory
        let began = Watch.cpuTime
        var taken = 0
        var slowest = (seconds: 0.0, input: 0)
        var isSound = true
        for input in inputs {
            var random = SplitMix(seed: seed, decoder: position, input: input)
            let bytes = decoder.mutator.mutate(decoder.corpus[random.below(decoder.corpus.count)], with: decoder.corpus, &random)
            if prints { print(bytes.map { String($0, radix: 16).count < 2 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()) }
            Watch.begin(decoder.name, input)
            let start = Watch.cpuTime
            do { if try decoder.read(bytes) { taken += 1 } } catch {
                print("\(decoder.name): input \(input) of seed \(seed): \(error)")
                isSound = false
            }
            let seconds = Watch.cpuTime - start
            if seconds > slowest.seconds { slowest = (seconds, input) }
        }
        let grown = max(0, Watch.residentMemory - before)
        print(
            "\(decoder.name): \(inputs.count) inputs of seed \(seed), \(taken) taken, \(Int(Watch.cpuTime - began)) s,",
            "slowest \(Int(slowest.seconds * 1000)) ms (input \(slowest.input)), grown by \(grown >> 20) MiB"
        )
        if slowest.seconds > Self.slowest || grown > growth { isSound = false }
        return isSound
    }
}
