/// A large value behind one reference, copied only when a copy of it is changed.
///
/// A struct of twenty texts and lists costs twenty counted references each time that a loop hands it on;
/// over 10,000 nodes and 25 rules that was most of the time of a validation.
///
/// Inlinable, so that other modules make it for their own types instead of asking for them each time.
package struct Boxed<Value: Sendable>: Sendable {
  // Unchecked, because `value` is variable. It is changed only through `modify` below, after making sure
  // that nobody else holds the storage, as the arrays of the standard library do.
  @usableFromInline
  final class Storage: @unchecked Sendable {
    @usableFromInline
    var value: Value

    @inlinable
    init(_ value: Value) { self.value = value }
  }

  @usableFromInline
  var storage: Storage

  /// Puts `value` behind a reference.
  @inlinable
  package init(_ value: Value) { storage = Storage(value) }

  /// The value; changing it leaves other copies of the box as they are.
  @inlinable
  package var value: Value {
    _read { yield storage.value }
    _modify {
      if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
      yield &storage.value
    }
  }
}
