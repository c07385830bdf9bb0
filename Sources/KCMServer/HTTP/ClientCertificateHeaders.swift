internal import NIOHTTP1

/// `Client-Cert` and `Client-Cert-Chain` (RFC 9440): structured-field byte sequences, `:base64:`.
enum ClientCertificateHeaders {
    struct Malformed: Error {
        let text: String
    }

    /// The chain as DER, leaf first; `nil` where there is no `Client-Cert`.
    static func chain(_ headers: HTTPHeaders) throws(Malformed) -> [[UInt8]]? {
        let leaf = headers["client-cert"]
        guard leaf.count <= 1 else { throw Malformed(text: "Client-Cert stands more than once") }
        let rest = headers["client-cert-chain"]
        guard let leaf = leaf.first else {
            guard rest.isEmpty else { throw Malformed(text: "Client-Cert-Chain stands without Client-Cert") }
            return nil
        }
        var chain = [try bytes(leaf[...])]
        for line in rest {
            for item in line.split(separator: ",") {
                guard chain.count < 10 else { throw Malformed(text: "Client-Cert-Chain has more than 9 certificates") }
                chain.append(try bytes(item))
            }
        }
        return chain
    }

    private static func bytes(_ item: Substring) throws(Malformed) -> [UInt8] {
        let text = item.trimmingSpaces
        guard text.utf8.count > 2, text.first == ":", text.last == ":", let bytes = Base64.decode(text.dropFirst().dropLast()) else {
            throw Malformed(text: "Client-Cert or Client-Cert-Chain is not a byte sequence of RFC 8941")
        }
        return bytes
    }
}

/// RFC 4648 §4, strict: whole quartets, padding at the end only, no other characters.
enum Base64 {
    static func decode(_ text: Substring) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count % 4 == 0 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(input.count / 4 * 3)
        for start in stride(from: 0, to: input.count, by: 4) {
            var group: UInt32 = 0
            var padding = 0
            for offset in 0..<4 {
                let character = input[start + offset]
                if character == UInt8(ascii: "=") {
                    guard start + 4 == input.count, offset >= 2 else { return nil }
                    padding += 1
                    group <<= 6
                } else {
                    guard padding == 0, let value = value(character) else { return nil }
                    group = group << 6 | value
                }
            }
            let bytes = [UInt8(group >> 16 & 0xFF), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)]
            output += bytes.dropLast(padding)
        }
        return output
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
