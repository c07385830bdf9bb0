/// Which blocks of one chunk of memory are handed out: blocks of 2ⁿ units, halved to be given and joined again when both halves are back
/// (the buddy method), so that what small keys gave back serves a large one.
///
/// Counts only; it never touches the memory. Taking and giving are a walk down and up a tree of ``order`` levels.
struct BuddyChunk: Sendable {
    /// Of the whole chunk: it has 2ⁿ units.
    let order: Int
    /// A complete binary tree with its root at 1 and the units as leaves: 1 more than the order of the largest free block inside a node,
    /// 0 where there is none. Below a block that is handed out nothing is kept up: all of it counts as free again once the block is back.
    private var largest: [UInt8]

    init(order: Int) {
        self.order = order
        largest = [UInt8](repeating: 0, count: 2 << order)
        for level in 0...order {
            for node in (1 << level)..<(2 << level) { largest[node] = UInt8(order - level + 1) }
        }
    }

    /// 1 more than the order of the largest block that can be taken; 0 where none can.
    var room: UInt8 { largest[1] }
    /// Whether nothing is handed out.
    var isEmpty: Bool { Int(largest[1]) == order + 1 }

    /// Takes a block of 2ⁿ units.
    /// - Returns: its first unit; `nil` where there is no room.
    mutating func take(_ wanted: Int) -> Int? {
        let enough = UInt8(wanted + 1)
        guard largest[1] >= enough else { return nil }
        var node = 1
        for _ in wanted..<order {
            let (left, right) = (largest[2 * node], largest[2 * node + 1])
            // The tighter half, so that large blocks stay whole.
            node = 2 * node + (left >= enough && (left <= right || right < enough) ? 0 : 1)
        }
        largest[node] = 0
        let unit = (node << wanted) - (1 << order)
        while node > 1 {
            node /= 2
            largest[node] = max(largest[2 * node], largest[2 * node + 1])
        }
        return unit
    }

    /// Takes a block back that was handed out with this order.
    mutating func give(_ unit: Int, _ given: Int) {
        var node = (unit + (1 << order)) >> given
        precondition(largest[node] == 0, "a block of locked memory is given back that is not handed out")
        largest[node] = UInt8(given + 1)
        var whole = UInt8(given + 1)
        while node > 1 {
            node /= 2
            let (left, right) = (largest[2 * node], largest[2 * node + 1])
            largest[node] = left == whole && right == whole ? whole + 1 : max(left, right)
            whole += 1
        }
    }
}
