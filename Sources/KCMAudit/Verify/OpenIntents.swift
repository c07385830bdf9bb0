internal import Glibc

/// Intents that no item has followed yet, by what ties the two together: trace and operation. An item closes all intents of its kind that
/// stand before it, since one change can touch several objects.
struct OpenIntents {
    private struct Key: Hashable {
        let trace: String
        let operation: String
    }

    private var open: [Key: Int] = [:]

    var count: Int { open.values.reduce(0, +) }

    mutating func take(_ kind: AuditKind, _ line: UnsafeRawBufferPointer) {
        switch kind {
        case .intent:
            // What the daemon does by itself is said by its intent alone.
            guard Self.value("\"transport\":\"", in: line) != "internal", let key = Self.key(of: line) else { return }
            open[key, default: 0] += 1
        case .item:
            guard !open.isEmpty, let key = Self.key(of: line) else { return }
            open[key] = nil
        default: break
        }
    }

    private static func key(of line: UnsafeRawBufferPointer) -> Key? {
        guard let trace = value("\"trace\":\"", in: line), let operation = value("\"operation\":\"", in: line) else { return nil }
        return Key(trace: trace, operation: operation)
    }

    /// The text value of a field. Quotes inside values are escaped, so a name in quotes is a name; neither value has an escape.
    private static func value(_ name: StaticString, in line: UnsafeRawBufferPointer) -> String? {
        guard let base = line.baseAddress else { return nil }
        let size = name.utf8CodeUnitCount
        var offset = 0
        while true {
            guard offset + size <= line.count, let quote = memchr(base + offset, 0x22, line.count - offset - size + 1) else { return nil }
            offset = UnsafeRawPointer(quote) - base
            if memcmp(quote, name.utf8Start, size) == 0 { break }
            offset += 1
        }
        let rest = line[(offset + size)...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        return String(decoding: line[rest.startIndex..<end], as: UTF8.self)
    }
}
