import KMIPBench
import NIOCore
import Testing

struct RequestSequenceTests {
    private let frames = (0..<10).map { ByteBuffer(integer: UInt8($0)) }

    private func numbers(_ sequence: RequestSequence, _ count: Int) -> [UInt8] {
        var sequence = sequence
        return (0..<count).compactMap { _ in sequence.next()?.getInteger(at: 0, as: UInt8.self) }
    }

    @Test func onceGivesEachToOneConnection() {
        let all = (0..<3).flatMap { numbers(.once(frames, connection: $0, of: 3), 20) }
        #expect(all.sorted() == Array(0..<10))
    }

    @Test func aroundStartsElsewhereOnEachConnectionAndNeverEnds() {
        #expect(numbers(.around(frames, connection: 0, of: 2), 12) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
        #expect(numbers(.around(frames, connection: 1, of: 2), 6) == [5, 6, 7, 8, 9, 0])
        #expect(numbers(.around([], connection: 0, of: 1), 3).isEmpty)
    }

    @Test func aMixHasEachByItsWeightAndSpread() {
        let mix = RequestMix.spread([("a", 6), ("b", 3), ("c", 1), ("d", 0)])
        #expect(mix.count == 10)
        #expect(mix.filter { $0 == "a" }.count == 6)
        #expect(mix.filter { $0 == "b" }.count == 3)
        #expect(mix.filter { $0 == "c" }.count == 1)
        #expect(!mix.prefix(5).allSatisfy { $0 == "a" })
        #expect(mix.prefix(5).contains("b"))
    }
}
