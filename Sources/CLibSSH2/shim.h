#pragma once
#include <errno.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
// The Glibc module of Swift leaves these two out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/types.h>
#include <unistd.h>

// The kernel leaves quick acknowledgement mode by itself after a few segments, so the option has to
// be set again after every read. Without it sshd's Nagle and our delayed acknowledgement wait 40 ms
// for each other when a channel opens.
static inline ssize_t fleet_ssh_receive(
    libssh2_socket_t socket, void *buffer, size_t length, int flags, void **abstract) {
  (void)abstract;
  ssize_t count = recv(socket, buffer, length, flags);
  if (count < 0) return errno == EINTR ? -EAGAIN : -errno;
  int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
  return count;
}

// A stream through a jump host or a command has an end of its own for what we send: `abstract` holds it.
static inline ssize_t fleet_ssh_send(
    libssh2_socket_t socket, const void *buffer, size_t length, int flags, void **abstract) {
  int target = *abstract ? (int)(intptr_t)*abstract : socket;
  ssize_t count = send(target, buffer, length, flags | MSG_NOSIGNAL);
  if (count < 0) return errno == EINTR ? -EAGAIN : -errno;
  return count;
}

static inline void fleet_ssh_send_to(LIBSSH2_SESSION *session, int descriptor) {
  *libssh2_session_abstract(session) = (void *)(intptr_t)descriptor;
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)fleet_ssh_send);
}

// Hands a descriptor over with one byte, as OpenSSH's mm_send_fd does; the CMSG macros are no
// functions. Returns 0 or errno.
static inline int fleet_send_descriptor(int socket, int descriptor) {
  char byte = 0;
  struct iovec vector = {&byte, 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {0};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control.space;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_len = CMSG_LEN(sizeof(int));
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  *(int *)CMSG_DATA(header) = descriptor;
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

// libssh2_session_callback_set takes an untyped pointer, which Swift cannot make from a function.
static inline void fleet_ssh_acknowledge_quickly(LIBSSH2_SESSION *session) {
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)fleet_ssh_receive);
}

// A descriptor that becomes readable when the process ends (pidfd_open(2), Linux 5.3); syscall(2) is
// variadic, which Swift cannot call.
static inline int fleet_process_descriptor(int process) {
  return (int)syscall(SYS_pidfd_open, process, 0);
}

// Swift 6 refuses the global variable itself. It is read before other threads could change it.
static inline char **fleet_environment(void) {
  extern char **environ;
  return environ;
}
