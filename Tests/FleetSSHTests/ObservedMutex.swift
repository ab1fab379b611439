#if FLEETCTL_TSAN
@testable import FleetSSH

// Both modules that the tests import have one (Sources/FleetSSH/ObservedMutex.swift says why).
typealias Mutex = FleetSSH.Mutex
#endif
