/// The bytes that a connection has received of a message that is not whole, as they count against the limits on bytes under way: beyond
/// an allowance, and in steps, so that a message that is small or comes at once costs a comparison.
///
/// Belongs to one connection, and is used on its event loop alone; what is counted ends with it.
public struct UnfinishedBytes: ~Copyable {
    /// So much of a message is free: what a connection takes in any case.
    public static let allowance = 16 << 10
    /// Counts rise by so much.
    static let step = 64 << 10

    private let load: LoadControl?
    private let tenant: String
    private var counted = 0

    /// Nothing is counted.
    public init() {
        load = nil
        tenant = ""
    }

    init(_ load: LoadControl, tenant: String) {
        self.load = load
        self.tenant = tenant
    }

    deinit { if counted > 0 { load?.release(tenant: tenant, bytes: counted) } }

    /// So many bytes are there now of a message that is not whole.
    /// - Returns: the limit that is in the way of them: they are to be thrown away then, and ``clear()`` to be called.
    public mutating func rise(to bytes: Int) -> LoadRefusal? {
        guard bytes > Self.allowance + counted, let load else { return nil }
        let more = (bytes - Self.allowance - counted + Self.step - 1) / Self.step * Self.step
        if let refusal = load.hold(tenant: tenant, bytes: more, beside: counted) { return refusal }
        counted += more
        return nil
    }

    /// The message is whole and taken up, or thrown away.
    public mutating func clear() {
        guard counted > 0 else { return }
        load?.release(tenant: tenant, bytes: counted)
        counted = 0
    }
}
