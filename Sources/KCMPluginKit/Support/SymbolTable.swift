internal import Glibc

/// The names that a 64-bit little-endian ELF library exports.
enum SymbolTable {
    /// What linkers put into every library.
    private static let linkers: Set<String> = ["__bss_start", "_edata", "_end", "_init", "_fini", "__end__", "_fbss", "_ftext"]

    /// - Returns: the exported symbols without the linker's own; `nil` where the file is of another kind.
    static func exports(of file: String) -> [String]? {
        guard let bytes = read(file), bytes.count >= 64, Array(bytes[0..<6]) == [0x7F, 0x45, 0x4C, 0x46, 2, 1] else { return nil }
        func number(_ offset: Int, _ size: Int) -> Int {
            guard offset >= 0, offset + size <= bytes.count else { return 0 }
            return Int(truncatingIfNeeded: (0..<size).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) })
        }
        let (sections, size, count) = (number(0x28, 8), number(0x3A, 2), number(0x3C, 2))
        func section(_ index: Int) -> (type: Int, offset: Int, size: Int, link: Int) {
            let start = sections + index * size
            return (number(start + 4, 4), number(start + 24, 8), number(start + 32, 8), number(start + 40, 4))
        }
        guard let table = (0..<count).map(section).first(where: { $0.type == 11 /* SHT_DYNSYM */ }) else { return nil }
        let names = section(table.link)
        var result: [String] = []
        for entry in stride(from: table.offset, to: table.offset + table.size, by: 24) {
            let (name, info, other, index) = (number(entry, 4), number(entry + 4, 1), number(entry + 5, 1), number(entry + 6, 2))
            // Defined (not SHN_UNDEF), global or weak or unique, and visible from outside.
            guard index != 0, info >> 4 != 0, other & 3 == 0 || other & 3 == 3 else { continue }
            let start = names.offset + name
            guard start >= 0, start < bytes.count else { continue }
            let text = String(decoding: bytes[start...].prefix { $0 != 0 }, as: UTF8.self)
            if !linkers.contains(text) { result.append(text) }
        }
        return result
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }
}
