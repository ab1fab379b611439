// One system call of the client fails once: FAULT_NTH="ERRNO N", the N-th of those that can fail so; 0 only counts.
// FAULT_NTH_FILE holds the count, from one process of the client to the next.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static long *count;
static long wanted;
static int number;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAULT_NTH"), *path = getenv("FAULT_NTH_FILE");
    if (!text || !path || strncmp(program_invocation_short_name, "fleetctl", 8) != 0) return;
    number = strncmp(text, "ENOSPC", 6) == 0 ? ENOSPC : strncmp(text, "EIO", 3) == 0 ? EIO : EMFILE;
    const char *space = strchr(text, ' ');
    wanted = space ? atol(space) : 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR, 0);
    if (file < 0) return;
    void *page = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (page != MAP_FAILED) count = page;
}

// Whether this call, which can fail with any of the set, is the one.
static int fails(int space, int io, int files) {
    if (!count || !((number == ENOSPC && space) || (number == EIO && io) || (number == EMFILE && files))) return 0;
    if (__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) != wanted) return 0;
    errno = number;
    return 1;
}

#define REAL(name, type, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int file, const void *bytes, size_t size) {
    REAL("write", ssize_t, int, const void *, size_t);
    return fails(1, 1, 0) ? -1 : real(file, bytes, size);
}
ssize_t read(int file, void *bytes, size_t size) {
    REAL("read", ssize_t, int, void *, size_t);
    return fails(0, 1, 0) ? -1 : real(file, bytes, size);
}
ssize_t send(int file, const void *bytes, size_t size, int flags) {
    REAL("send", ssize_t, int, const void *, size_t, int);
    return fails(0, 1, 0) ? -1 : real(file, bytes, size, flags);
}
ssize_t recv(int file, void *bytes, size_t size, int flags) {
    REAL("recv", ssize_t, int, void *, size_t, int);
    return fails(0, 1, 0) ? -1 : real(file, bytes, size, flags);
}
int fsync(int file) {
    REAL("fsync", int, int);
    return fails(1, 1, 0) ? -1 : real(file);
}
int rename(const char *from, const char *to) {
    REAL("rename", int, const char *, const char *);
    return fails(1, 1, 0) ? -1 : real(from, to);
}
int socket(int domain, int type, int protocol) {
    REAL("socket", int, int, int, int);
    return fails(0, 0, 1) ? -1 : real(domain, type, protocol);
}
int pipe2(int ends[2], int flags) {
    REAL("pipe2", int, int *, int);
    return fails(0, 0, 1) ? -1 : real(ends, flags);
}
int pipe(int ends[2]) {
    REAL("pipe", int, int *);
    return fails(0, 0, 1) ? -1 : real(ends);
}
static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }
int open(const char *path, int flags, ...) {
    REAL("open", int, const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return fails((flags & O_CREAT) != 0, 0, 1) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    REAL("open64", int, const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return fails((flags & O_CREAT) != 0, 0, 1) ? -1 : real(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    REAL("openat", int, int, const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return fails((flags & O_CREAT) != 0, 0, 1) ? -1 : real(folder, path, flags, mode);
}
