#pragma once
#include <errno.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
// The Glibc module of Swift leaves these two out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

// libssh2_session_callback_set takes an untyped pointer, which Swift cannot make from a function.
static inline void fleet_ssh_acknowledge_quickly(LIBSSH2_SESSION *session) {
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)fleet_ssh_receive);
}

// A descriptor that becomes readable when the process ends (pidfd_open(2), Linux 5.3); syscall(2) is
// variadic, which Swift cannot call.
static inline int fleet_process_descriptor(int process) {
  return (int)syscall(SYS_pidfd_open, process, 0);
}
