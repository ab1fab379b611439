/// All roles on all nodes, each made when somebody asks for it.
///
/// What the instances of a large fleet have of their own fits into twelve bytes (`Placement.Slot`); the
/// rest follows from their profiles, which are few.
package struct RoleInstances: RandomAccessCollection, Sendable {
  let resolution: Resolution

  /// 0.
  package var startIndex: Int { 0 }
  /// How many there are.
  package var endIndex: Int { resolution.placement.slots.count }

  /// The instance at `index`.
  package subscript(index: Int) -> RoleInstance {
    precondition(index >= 0 && index < endIndex, "no such instance")
    return RoleInstance(resolution: resolution, index: index)
  }
}
