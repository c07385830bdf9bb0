import KMIP

/// Who may do what: the answer that is expected of the real service for each operation, way in and level. Nothing else is allowed.
///
/// A column is a level, in three groups: a client connected to Core, a client whose request an Edge passes on to Core, a client connected
/// to Edge. A cell lists the roles that may:
///
///     s  service        t  tenant-admin        e  edge        a  auditor
///     all  every role, also one that no rule knows (operations on the server itself)
///     -    no role
///     x    refused by the separation of levels, whoever asks
///     >    what may be done is passed on to Core, which decides again
///
/// A certificate that no rule maps gets *Authentication Not Successful* everywhere. Objects of another tenant are *Item Not Found* to
/// whoever may do the operation at all. Operations without an object (the last seven) have no level; their columns say the same thrice.
/// An operation that the server learns and that has no row here fails the test.
///
/// Allowed means done: the request of ``Question`` succeeds for whoever may, but for the ``reasons`` that have nothing to do with rights.
enum AccessMatrix {
    static let table = """
        Operation           |     Core     |  Core/Edge   |     Edge
                            | L2  L3  L4   | L2  L3  L4   | L2  L3  L4
        Create              | x   t   x   | x   -   x   | x   x   s
        CreateKeyPair       | x   t   x   | x   -   x   | x   x   s
        Register            | x   t   x   | x   -   x   | x   x   s
        ReKey               | x   t   x   | x   -   x   | x   x   s
        ReKeyKeyPair        | x   t   x   | x   -   x   | x   x   s
        DeriveKey           | x   t   x   | x   -   x   | x   x   s
        Certify             | x   t   x   | x   -   x   | x   x   s
        ReCertify           | x   t   x   | x   -   x   | x   x   s
        CreateSplitKey      | x   t   x   | x   -   x   | x   x   s
        JoinSplitKey        | x   t   x   | x   -   x   | x   x   s
        Check               | x   t   x   | x   -   x   | x   x   s
        AddAttribute        | x   t   x   | x   -   x   | x   x   s
        ModifyAttribute     | x   t   x   | x   -   x   | x   x   s
        DeleteAttribute     | x   t   x   | x   -   x   | x   x   s
        ObtainLease         | x   t   x   | x   -   x   | x   x   s
        GetUsageAllocation  | x   t   x   | x   -   x   | x   x   s
        Activate            | x   t   x   | x   -   x   | x   x   s
        Revoke              | x   t   x   | x   -   x   | x   x   s
        Destroy             | x   t   x   | x   -   x   | x   x   s
        Archive             | x   t   x   | x   -   x   | x   x   s
        Recover             | x   t   x   | x   -   x   | x   x   s
        Get                 | x   t   x   | x   -   x   | x   x   s
        Sign                | x   t   x   | x   -   x   | x   x   s
        SignatureVerify     | x   t   x   | x   -   x   | x   x   s
        MAC                 | x   t   x   | x   -   x   | x   x   s
        MACVerify           | x   t   x   | x   -   x   | x   x   s
        Encrypt             | x   te  x   | x   s   x   | x   s>  s
        Decrypt             | x   te  x   | x   s   x   | x   s>  s
        Locate              | ta  tea x   | -   -   x   | x   x   sa
        GetAttributes       | ta  ta  x   | -   -   x   | x   x   sa
        GetAttributeList    | ta  ta  x   | -   -   x   | x   x   sa
        Hash                | t   t   t   | -   -   -   | s   s   s
        RNGRetrieve         | t   t   t   | -   -   -   | s   s   s
        RNGSeed             | t   t   t   | -   -   -   | s   s   s
        Query               | all all all | all all all | all all all
        DiscoverVersions    | all all all | all all all | all all all
        Cancel              | all all all | all all all | all all all
        Poll                | all all all | all all all | all all all
        """

    /// Why an operation that is allowed does not succeed, at Core and at Edge; success where it is not listed or `nil`.
    static let reasons: [KMIP.Operation: [ResultReason?]] = [
        // An L3 key never leaves Core, whoever asks.
        .get: [.sensitive, nil],
        // Nothing runs asynchronously, so there is nothing to poll.
        .poll: [.itemNotFound, .itemNotFound],
    ]
}
