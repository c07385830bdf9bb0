/// Finds the key that a mistyped one was meant to be.
enum Suggestion {
    /// The closest of `candidates` within two edits (one for words of up to four letters), or `nil`.
    static func closest(to word: String, among candidates: [String]) -> String? {
        let limit = word.count <= 4 ? 1 : 2
        return
            candidates
            .map { (distance(Array(word.lowercased().utf8), Array($0.lowercased().utf8)), $0) }
            .filter { $0.0 <= limit }
            .min { $0.0 < $1.0 }?.1
    }

    /// Edits (insert, remove, replace, swap neighbours) from one word to the other.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
