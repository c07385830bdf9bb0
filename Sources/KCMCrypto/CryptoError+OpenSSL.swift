internal import COpenSSL

extension CryptoError {
    /// What OpenSSL's error queue says last, behind what was tried. Empties the queue.
    @inline(never)
    static func openSSL(_ what: String, code: Code = .failed) -> CryptoError {
        var reason = ""
        while true {
            let error = ERR_get_error()
            if error == 0 { break }
            if let text = ERR_reason_error_string(error) { reason = String(cString: text) }
        }
        return CryptoError(code, reason.isEmpty ? what : "\(what): \(reason)")
    }
}
