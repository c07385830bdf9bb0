/// Spreads kinds of requests by weight, the same way in every run.
package enum RequestMix {
    /// A list in which each element stands as often as its weight says, in an order without long stretches of one kind.
    /// - Parameter weights: elements and how often each stands in the list.
    package static func spread<Element>(_ weights: [(element: Element, weight: Int)]) -> [Element] {
        // Each element takes the places nearest to its even spacing: a merge of evenly spaced marks.
        var marks: [(place: Double, order: Int, element: Element)] = []
        for (order, (element, weight)) in weights.enumerated() {
            for number in 0..<max(weight, 0) { marks.append(((Double(number) + 0.5) / Double(weight), order, element)) }
        }
        return marks.sorted { ($0.place, $0.order) < ($1.place, $1.order) }.map(\.element)
    }
}
