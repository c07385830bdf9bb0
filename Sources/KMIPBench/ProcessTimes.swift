internal import Glibc

/// Processor time and memory of processes on this host.
package enum ProcessTimes {
    /// Processor time of this process, user and system, in seconds.
    package static var own: Double {
        var usage = rusage()
        guard getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Processor time of another process, user and system, in seconds, to a hundredth; `nil` where there is none. Blocks.
    package static func processor(of process: Int32) -> Double? {
        // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field after it (proc(5)).
        guard let text = read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    }

    /// Resident memory of a process, in bytes; `nil` where there is none. Blocks.
    package static func memory(of process: Int32) -> Int64? {
        guard let fields = read("/proc/\(process)/statm")?.split(separator: " "), fields.count > 1, let pages = Int64(fields[1]) else { return nil }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
