import Glibc

/// What an input costs, and which one it was when the process dies of it.
enum Watch {
    // Written on the main thread between inputs, read by the signal handler on the same thread.
    nonisolated(unsafe) private static var decoder: StaticString = ""
    nonisolated(unsafe) private static var input = 0

    /// Prints the input at work when the process crashes, or when one takes more than ten seconds.
    static func install() {
        for number in [SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGABRT, SIGALRM] {
            signal(number) { number in
                // To the descriptor itself: the state of the C library's streams is not known here.
                let text = Array("kcm-fuzz: signal \(number) at input \(Watch.input) of \(Watch.decoder)\n".utf8)
                _ = write(STDERR_FILENO, text, text.count)
                _exit(3)
            }
        }
    }

    static func begin(_ name: String, _ number: Int) {
        input = number
        decoder = name == "ttlv" ? "ttlv" : name == "payload" ? "payload" : name == "xml" ? "xml" : "json"
        if number & 0x3FF == 0 { alarm(10) }
    }

    /// Of this process, in seconds.
    static var cpuTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most the process has had, in bytes.
    static var residentMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }
}
