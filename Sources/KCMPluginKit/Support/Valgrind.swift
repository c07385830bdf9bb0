internal import Glibc

/// What valgrind's memcheck found, by its XML report.
enum Valgrind {
    struct Finding {
        let kind: String
        let what: String
        /// From the innermost: function, and file and line where known.
        let stack: [(object: String, place: String)]
    }

    /// Kinds that are a fault wherever they come up below a plugin's function.
    private static let faults: Set<String> = [
        "InvalidRead", "InvalidWrite", "InvalidFree", "MismatchedFree", "InvalidJump", "Overlap", "InvalidMemPool", "Leak_DefinitelyLost",
        "ClientCheck",
    ]
    /// Kinds that are often meant in libraries below: a fault where the plugin's own code does it.
    private static let ownFaults: Set<String> = ["UninitCondition", "UninitValue"]

    /// The program's path, where it is installed.
    static func program() -> String? {
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/valgrind" }.first { access($0, X_OK) == 0 }
    }

    /// The findings that are `library`'s.
    static func faults(in report: String, of library: String) -> [Finding] {
        report.split(separator: "<error>").dropFirst().compactMap { part in
            let text = String(part)
            let kind = element("kind", in: text) ?? ""
            // The first stack is where it happened; those behind tell where the block came from.
            let first = text.firstRange(of: "</stack>").map { String(text[..<$0.lowerBound]) } ?? text
            let stack = first.split(separator: "<frame>").dropFirst().map { frame -> (object: String, place: String) in
                let frame = String(frame)
                let function = element("fn", in: frame) ?? "?"
                let place = element("file", in: frame).map { " (\($0):\(element("line", in: frame) ?? "?"))" } ?? ""
                return (element("obj", in: frame) ?? "", function + place)
            }
            let isOurs = stack.contains { $0.object == library }
            guard (faults.contains(kind) && isOurs) || (ownFaults.contains(kind) && stack.first?.object == library) else { return nil }
            return Finding(kind: kind, what: element("what", in: text) ?? element("text", in: text) ?? kind, stack: stack)
        }
    }

    private static func element(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>"), let end = text[start.upperBound...].firstRange(of: "</\(name)>") else { return nil }
        return String(text[start.upperBound..<end.lowerBound]).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
