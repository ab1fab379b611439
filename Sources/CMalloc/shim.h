#pragma once
#include <malloc.h>
#include <sys/prctl.h>

/// prctl(2) takes any number of arguments, which Swift cannot call.
static inline int fleetctl_hide_memory(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }
