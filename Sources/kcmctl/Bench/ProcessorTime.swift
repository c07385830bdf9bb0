internal import Glibc

/// Processor time, user and system, in seconds.
enum ProcessorTime {
    /// Of this process.
    static var own: Double {
        var usage = rusage()
        guard getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Of another process on this host, to a hundredth; `nil` where there is none.
    static func of(_ process: Int32) -> Double? {
        guard let bytes = try? Files.read("/proc/\(process)/stat") else { return nil }
        // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field after it (proc(5)).
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
