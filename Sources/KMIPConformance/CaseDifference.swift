/// The first place where an answer is not what the case has.
public struct CaseDifference: Error, Sendable, Hashable, CustomStringConvertible {
    /// Of the answers of the case, from 1.
    public let answer: Int
    /// Of the expected element in the case's file, from 1.
    public let line: Int
    /// `BatchItem[2]/ResponsePayload/Attribute(State)/AttributeValue`.
    public let path: String
    public let expected: String
    public let got: String

    /// One line.
    public var description: String { "answer \(answer), \(path): expected \(expected), got \(got) (line \(line))" }
}
