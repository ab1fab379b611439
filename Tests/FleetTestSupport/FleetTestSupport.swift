// The first helper of this target replaces this one.
