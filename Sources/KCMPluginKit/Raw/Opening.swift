internal import CKCMPlugin

/// What a plugin's `open` answered.
struct Opening {
    let code: Int32
    let text: String
    /// What is wrong with the error field.
    let fault: String?
    /// `nil` where the plugin left the place alone.
    let instance: UnsafeMutableRawPointer?
    /// Whether the place was left alone.
    let isUntouched: Bool
    /// The plugin may use it until the instance is closed.
    private let host: RawHost

    var answer: String { ResultCode.text(code, text) }

    typealias Function =
        @convention(c) (
            UnsafePointer<kcm_host>?, UnsafePointer<kcm_setting>?, UInt32, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            UnsafeMutablePointer<kcm_error>?
        ) -> Int32

    /// Calls `open`. The settings are gone when it is back.
    init(_ function: Function?, _ host: RawHost, _ settings: [KitOptions.Setting]) {
        self.host = host
        let bytes = HostBytes()
        let list = bytes.array(settings.map { kcm_setting(key: bytes.text($0.key), value: bytes.text($0.value)) })
        let error = ErrorField()
        // An address that no instance has, to see whether it was written.
        let untouched = UnsafeMutableRawPointer(bitPattern: 0x6B63_6D00)
        var place = untouched
        code = function?(host.pointer, list, UInt32(settings.count), &place, error.pointer) ?? KCM_FAILED
        text = error.text
        fault = error.fault(code)
        isUntouched = place == untouched
        instance = isUntouched ? nil : place
    }

    typealias Close = @convention(c) (UnsafeMutableRawPointer?) -> Void

    /// Closes what was opened, where it was.
    func close(_ function: Close?) {
        withExtendedLifetime(host) { if code == KCM_OK, let instance { function?(instance) } }
    }
}
