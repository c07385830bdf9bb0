import NIOCore
import Testing

@testable import KCMServer

/// A message in pieces.
@Suite struct GatheredBytesTests {
    private let whole = ByteBuffer(bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) })

    @Test(arguments: [1, 7, 100, 4095, 4096, 5000, 70_000, 300_000])
    func comesOutAsItWas(_ size: Int) {
        var gathered = GatheredBytes()
        var rest = whole
        while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 { gathered.append(piece) }
        #expect(gathered.count == whole.readableBytes)
        #expect(gathered.take(8) == whole.getSlice(at: 0, length: 8))
        #expect(gathered.count == whole.readableBytes - 8)
        gathered.append(ByteBuffer(string: "more"))
        #expect(gathered.take(whole.readableBytes - 8) == whole.getSlice(at: 8, length: whole.readableBytes - 8))
        #expect(gathered.take(4) == ByteBuffer(string: "more"))
        #expect(gathered.isEmpty)
    }

    /// Pieces of changing sizes, small behind large and the other way round.
    @Test func anyMixtureComesOutAsItWas() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var gathered = GatheredBytes()
            var rest = whole
            while rest.readableBytes > 0 {
                let size = [3, 500, 4096, 20_000, 66_000].randomElement(using: &generator) ?? 1
                gathered.append(rest.readSlice(length: min(size, rest.readableBytes)) ?? ByteBuffer())
            }
            #expect(gathered.take(gathered.count) == whole)
        }
    }

    /// A peer that has little taken out of much, or leaves little behind much, would hold all of it.
    @Test func littleKeepsNothingLarge() {
        var gathered = GatheredBytes()
        for _ in 0..<3 {
            gathered.append(whole.getSlice(at: 1000, length: 4096) ?? ByteBuffer())
            #expect(gathered.first.storageCapacity <= 8192)
        }
        #expect(gathered.take(3 * 4096).readableBytes == 3 * 4096)
        gathered.append(whole)
        gathered.append(whole)
        #expect(gathered.take(2 * whole.readableBytes - 8).readableBytes == 2 * whole.readableBytes - 8)
        #expect(gathered.first == whole.getSlice(at: whole.readableBytes - 8, length: 8))
        #expect(gathered.first.storageCapacity <= 64)
        gathered.append(whole)
        #expect(gathered.take(8) == whole.getSlice(at: whole.readableBytes - 8, length: 8))
        #expect(gathered.take(gathered.count) == whole)
    }

    /// What comes in one piece is not copied, and a piece that is large stays where it is until all is there.
    @Test func onePieceIsTakenAsItIs() {
        let start = whole.withUnsafeReadableBytes { $0.baseAddress }
        var gathered = GatheredBytes()
        gathered.append(whole)
        #expect(gathered.take(whole.readableBytes).withUnsafeReadableBytes { $0.baseAddress } == start)
        gathered.append(whole)
        gathered.append(whole)
        #expect(gathered.first.withUnsafeReadableBytes { $0.baseAddress } == start)
        #expect(gathered.first.readableBytes == whole.readableBytes)
    }

    @Test func nothingIsLeftOfWhatIsCleared() {
        var gathered = GatheredBytes()
        gathered.append(whole)
        gathered.append(whole)
        gathered.clear()
        #expect(gathered.isEmpty && gathered.first.readableBytes == 0)
        gathered.append(ByteBuffer(string: "next"))
        #expect(gathered.take(4) == ByteBuffer(string: "next"))
    }
}
