// Public, because both the type and the protocol are: the compiler asks for it.
public import ArgumentParser
public import KMIPConformance

extension CaseTransport: ExpressibleByArgument {}
