/// Changes a valid input in one to four places: what parsers get wrong are lengths, ends, nesting and numbers at a border.
struct Mutator {
    let words: [[UInt8]]
    /// Half of the changes put another value between two quotes, so that enough texts stay well-formed to reach what is behind the parser.
    var isText = false

    /// Lengths, types and tags that mean something in TTLV.
    static let binary = Mutator(words: [
        [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 8], [0xFF, 0xFF, 0xFF, 0xF8],
        [0x42, 0, 0x08, 1], [0x42, 0, 0x0A, 7], [0x42, 0, 0x0B, 1], [0x42, 0, 0x2B, 1], [0x42, 0, 0x40, 1], [0x42, 0, 0x45, 8], [0x42, 0, 0x0F, 1],
        [0x54, 0, 1, 2], [0xC0, 0x80], [0xED, 0xA0, 0x80],
    ])
    static let xml = Mutator(
        words: [
            "<", ">", "/>", "</", "\"", "'", "&", "&#0;", "&#xFFFF;", "&lt;", "<!--", "-->", "<![CDATA[", "<?x ?>", "<!DOCTYPE a>", "TTLV",
            " tag=\"0x420008\"",
            " type=\"Structure\"", " type=\"BigInteger\"", " value=\"0x\"", "0x80000000", "-1", "99999999999999999999", "<RequestPayload>",
            "</RequestPayload>",
            "|", "2026-02-30T00:00:00Z", "0000-00-00T00:00:00", "\u{0}", "\u{FEFF}", "xmlns:a=\"b\"", "é",
        ].map { Array($0.utf8) }, isText: true)
    static let json = Mutator(
        words: [
            "{", "}", "[", "]", "[[[[[[[[", "{\"tag\":", "\"value\":[", "\"type\":", "\"", "\\", "\\u0000", "\\ud800", "\\uDC00", ":", ",", "null",
            "true", "1e999",
            "-0", "1.0", "99999999999999999999", "-9223372036854775808", "\"0x8000000000000000\"", "\"Structure\"", "\"BigInteger\"",
            "\"tag\":\"0x420008\",",
            "|", "\u{0}", "\u{FEFF}", "é",
        ].map { Array($0.utf8) }, isText: true)

    /// What stands between the next two quotes.
    private static func quoted(_ bytes: [UInt8], from start: Int) -> Range<Int>? {
        guard let open = bytes[start...].firstIndex(of: 0x22), let close = bytes[(open + 1)...].firstIndex(of: 0x22) else { return nil }
        return open + 1..<close
    }

    func mutate(_ input: [UInt8], with corpus: [[UInt8]], _ random: inout SplitMix) -> [UInt8] {
        var bytes = input
        for _ in 0...random.below(4) {
            let at = random.below(bytes.count)
            if isText, random.below(2) == 0, let place = Self.quoted(bytes, from: at) {
                let other = corpus[random.below(corpus.count)]
                let value = Self.quoted(other, from: random.below(other.count)).map { Array(other[$0]) } ?? []
                let word = words[random.below(words.count)]
                bytes.replaceSubrange(place, with: random.below(4) == 0 && !word.contains(0x22) ? word : value)
                continue
            }
            switch random.below(10) {
            case 0 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(random.below(8))
            case 1 where !bytes.isEmpty: bytes[at] = UInt8(truncatingIfNeeded: random.next())
            case 2 where !bytes.isEmpty: bytes[at] = [0, 1, 2, 7, 8, 0x0A, 0x7F, 0x80, 0xFF][random.below(9)]
            case 3: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(16)))
            case 4: bytes.removeSubrange(at..<bytes.count)
            case 5: bytes.insert(contentsOf: words[random.below(words.count)], at: at)
            case 6:
                let word = words[random.below(words.count)]
                let end = min(bytes.count, at + word.count)
                bytes.replaceSubrange(at..<end, with: word)
            case 7:
                // A part of the input again, up to a hundred times: nesting and repetition.
                let part = Array(bytes[at..<min(bytes.count, at + 1 + random.below(64))])
                for _ in 0...(random.below(8) == 0 ? random.below(100) : 0) { bytes.insert(contentsOf: part, at: at) }
            case 8:
                let other = corpus[random.below(corpus.count)]
                let from = random.below(other.count)
                bytes.replaceSubrange(at..<bytes.count, with: other[from...])
            default:
                guard bytes.count >= 4 else { continue }
                let place = random.below(bytes.count - 3)
                let value = UInt32(truncatingIfNeeded: random.below(3) == 0 ? Int(random.next() >> 33) : bytes.count + random.below(64) - 32)
                for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
            }
        }
        return bytes
    }
}
