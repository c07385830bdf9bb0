import Glibc
import KMIP
import KMIPText
import NIOCore

/// The valid messages that inputs are made from.
struct Corpus {
    private(set) var frames: [[UInt8]] = []

    /// - Parameter paths: folders of OASIS test cases (`*.xml`), and files of frames, one in hexadecimal a line.
    init(_ paths: [String]) throws {
        for path in paths {
            guard let folder = opendir(path) else {
                try add(lines: try Self.read(path))
                continue
            }
            defer { closedir(folder) }
            var names: [String] = []
            while let entry = readdir(folder) {
                names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
            }
            for name in names.sorted() where name.hasSuffix(".xml") { add(cases: String(decoding: try Self.read("\(path)/\(name)"), as: UTF8.self)) }
        }
    }

    private mutating func add(lines: [UInt8]) throws {
        for line in lines.split(separator: 0x0A) where line.first != UInt8(ascii: "#") {
            let digits = Array(line)
            frames.append(
                stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) })
        }
    }

    /// A case is a row of messages with `$NAMES` in them. What cannot be read without its values is left out.
    private mutating func add(cases text: String) {
        for kind in ["RequestMessage", "ResponseMessage"] {
            for part in text.split(separator: "<\(kind)>").dropFirst() {
                guard let end = part.split(separator: "</\(kind)>").first else { continue }
                var message = "<\(kind)>"
                for (index, piece) in end.split(separator: "$NOW", omittingEmptySubsequences: false).enumerated() {
                    message += index == 0 ? piece : "2026-01-01T00:00:00Z" + piece.drop { $0 != "\"" }
                }
                if let frame = try? XMLMessage.decode(ByteBuffer(string: message + "</\(kind)>")) { frames.append(Array(frame.readableBytesView)) }
            }
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
