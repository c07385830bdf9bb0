internal import Glibc

/// Asks a daemon's admin listener: plain HTTP, one request a connection.
struct AdminClient {
    /// Why there is no answer.
    struct Failure: Error, CustomStringConvertible { let description: String }

    let address: String
    let port: Int

    /// Sends a request without a body and reads the answer to its end. Blocks, at most ten seconds for each step.
    /// - Throws: ``Failure``.
    func send(_ method: String, _ path: String) throws -> (status: Int, body: String) {
        let descriptor = try connect()
        defer { close(descriptor) }
        var request = Array("\(method) \(path) HTTP/1.1\r\nHost: \(address)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)[...]
        while !request.isEmpty {
            let count = request.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw failure("sending failed: \(String(cString: strerror(errno)))") }
            request = request.dropFirst(count)
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count >= 0 else { throw failure("reading failed: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            answer += chunk[..<count]
            guard answer.count < 16 << 20 else { throw failure("the answer is too long") }
        }
        let text = String(decoding: answer, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 2)
        guard text.hasPrefix("HTTP/1.1 "), words.count == 3, let status = Int(words[1]) else { throw failure("what answers is no admin listener") }
        return (status, Self.body(of: answer))
    }

    /// What stands behind the first empty line.
    private static func body(of answer: [UInt8]) -> String {
        let end = Array("\r\n\r\n".utf8)
        guard answer.count >= end.count else { return "" }
        for start in 0...answer.count - end.count where answer[start..<start + end.count].elementsEqual(end) {
            return String(decoding: answer[(start + end.count)...], as: UTF8.self)
        }
        return ""
    }

    private func connect() throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &found) == 0 else { throw failure("the address is not known") }
        defer { freeaddrinfo(found) }
        var reason = "no address"
        var next = found
        while let one = next?.pointee {
            next = one.ai_next
            let descriptor = socket(one.ai_family, one.ai_socktype, one.ai_protocol)
            guard descriptor >= 0 else { continue }
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if Glibc.connect(descriptor, one.ai_addr, one.ai_addrlen) == 0 { return descriptor }
            reason = String(cString: strerror(errno))
            close(descriptor)
        }
        throw failure(reason)
    }

    private func failure(_ text: String) -> Failure { Failure(description: "\(address):\(port): \(text)") }
}
