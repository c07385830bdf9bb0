extension UInt32 {
    /// `0x` and at least `digits` hexadecimal digits, as the XML encoding writes tags and enumerations without a name.
    func hexadecimal(digits: Int) -> String {
        let text = String(self, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }
}
