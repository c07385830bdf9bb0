/// Where an object stands in the key hierarchy (design §2).
public enum Level: UInt8, Sendable, Hashable, CaseIterable {
    /// The key of a tenant; lives at Core, wrapped by the root of trust.
    case l2 = 2
    /// A key of an application or service; lives at Core, never leaves it.
    case l3 = 3
    /// A data key, and every other object that clients keep at Edge.
    case l4 = 4

    /// `L2`, `L3`, `L4`: the value of `x-OpenKCM-Level` and the start of a Unique Identifier.
    public var name: String {
        switch self {
        case .l2: "L2"
        case .l3: "L3"
        case .l4: "L4"
        }
    }

    /// From `L2`, `L3` or `L4`.
    public init?(name: String) {
        switch name {
        case "L2": self = .l2
        case "L3": self = .l3
        case "L4": self = .l4
        default: return nil
        }
    }
}
