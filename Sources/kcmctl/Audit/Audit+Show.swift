internal import ArgumentParser

extension Audit {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the records of logs, in the order of their time.",
            discussion: "A change that a crash left without a result stands as OperationPending: it may have been made."
        )

        @Argument(help: "Logs, of one daemon or of several.") var logs: [String]
        @Option(help: "Only the records of this trace.") var trace: String?
        @Option(help: "Only the last records, so many.") var last: Int?
        @Flag(help: "Print the lines as they are: JSON.") var json = false

        func run() async throws {
            var records: [(time: String, line: String)] = []
            for log in logs {
                let bytes: [UInt8]
                do { bytes = try Files.read(log) } catch { throw ended(2, "\(error)") }
                for line in bytes.split(separator: UInt8(ascii: "\n")) {
                    let text = String(decoding: line, as: UTF8.self)
                    guard text.contains("\"kind\":\"item\"") || text.contains("\"kind\":\"intent\""),
                        trace.map({ text.contains("\"trace\":\"\($0)\"") }) ?? true
                    else { continue }
                    records.append((Self.field("time", of: text), text))
                }
            }
            // What was about to be done says nothing more once it is said what came of it.
            func key(_ line: String) -> String { ["trace", "operation", "transport"].map { Self.field($0, of: line) }.joined(separator: " ") }
            let done = Set(records.filter { $0.line.contains("\"kind\":\"item\"") }.map { key($0.line) })
            records.removeAll { $0.line.contains("\"kind\":\"intent\"") && done.contains(key($0.line)) }
            records.sort { $0.time < $1.time }
            for record in records.suffix(last ?? records.count) {
                if json {
                    Output.say(record.line)
                    continue
                }
                func field(_ name: String) -> String { Self.field(name, of: record.line) }
                let who = [field("tenant"), field("service")].filter { !$0.isEmpty }.joined(separator: "/")
                let result = [field("status"), field("reason")].filter { !$0.isEmpty }.joined(separator: " ")
                let by = field("served_by") == "core" ? " by Core" : ""
                let via = Self.via(of: record.line).map { " via \($0)" } ?? ""
                Output.say(
                    "\(record.time)  \(field("node"))  \(who.isEmpty ? "-" : who)\(via)  \(field("operation")) \(field("object"))  \(result)\(by)  "
                        + "[\(field("rule"))]"
                )
            }
        }

        /// The service that passed the request on.
        private static func via(of line: String) -> String? {
            line.firstRange(of: "\"via\":{").map { field("service", of: String(line[$0.upperBound...])) }
        }

        /// The first text value of a name in a line of the log. The log is the daemon's own writing, one object a line.
        private static func field(_ name: String, of line: String) -> String {
            guard let start = line.firstRange(of: "\"\(name)\":\"") else { return "" }
            var value = ""
            var isEscaped = false
            for character in line[start.upperBound...] {
                if isEscaped {
                    value.append(character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    return value
                } else {
                    value.append(character)
                }
            }
            return value
        }
    }
}
