internal import Glibc

/// What the process prints when it crashes.
public enum CrashReports {
    /// Takes away the handlers by which Swift's runtime prints a report of a crash: it shows registers and the memory that they point to,
    /// which may be key bytes. A failed check of Swift's still prints its own line. To be called once, at start.
    public static func forbid() {
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }
}
