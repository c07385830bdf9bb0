import Glibc
import Testing

/// What the kernel says of a mapping of this process.
enum MemoryMap {
    /// `VmFlags` in `/proc/self/smaps` of the mapping that holds `address`.
    static func flags(at address: UInt) throws -> [Substring] {
        var holds = false
        for line in try read().split(separator: "\n") {
            let range = line.prefix { $0 != " " }.split(separator: "-")
            if range.count == 2, let low = UInt(range[0], radix: 16), let high = UInt(range[1], radix: 16) {
                holds = low <= address && address < high
            } else if holds, line.hasPrefix("VmFlags:") {
                return line.dropFirst(8).split(separator: " ")
            }
        }
        return []
    }

    /// What is in memory; `nil` where nothing is mapped any more.
    static func bytes(at address: UInt, _ count: Int) throws -> [UInt8]? {
        let file = open("/proc/self/mem", O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0xff, count: count)
        return pread(file, &bytes, count, off_t(address)) == count ? bytes : nil
    }

    private static func read() throws -> String {
        let file = try #require(fopen("/proc/self/smaps", "r"))
        defer { fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }
}
