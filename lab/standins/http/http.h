// A very small HTTP/1.0 server for the lab's stand-ins: one connection at a time, a line, headers, an answer.
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct text {
  char bytes[65536];
  size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(t->bytes + t->length, sizeof t->bytes - t->length, format, arguments);
  va_end(arguments);
  if (n > 0) t->length += (size_t)n < sizeof t->bytes - t->length ? (size_t)n : sizeof t->bytes - t->length - 1;
}

// Tells systemd what `Type=notify` waits for (sd_notify(3)).
static inline void notify(const char *state) {
  const char *path = getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length >= sizeof to.sun_path) return;
  memcpy(to.sun_path, path, length);
  if (path[0] == '@') to.sun_path[0] = 0;
  int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return;
  sendto(s, state, strlen(state), MSG_NOSIGNAL, (void *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  close(s);
}

static int listen_on(const char *host, int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  if (inet_pton(AF_INET, *host ? host : "0.0.0.0", &at.sin_addr) != 1) {
    fprintf(stderr, "not an IPv4 address: %s\n", host);
    exit(1);
  }
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(s, (void *)&at, sizeof at) || listen(s, 64)) {
    fprintf(stderr, "listen tcp %s:%d: bind: %s\n", host, port, strerror(errno));
    exit(1);
  }
  return s;
}

// Reads until `end` or the buffer is full; always NUL-terminated.
static size_t read_until(int s, char *buffer, size_t size, const char *end) {
  size_t n = 0;
  while (n + 1 < size) {
    ssize_t r = recv(s, buffer + n, size - 1 - n, 0);
    if (r <= 0) break;
    n += (size_t)r;
    buffer[n] = 0;
    if (end && strstr(buffer, end)) break;
  }
  buffer[n] = 0;
  return n;
}

// Answers requests for ever. `answer` fills the body and returns the status.
static void serve(int listener, int (*answer)(const char *method, const char *path, const char *body, struct text *out)) {
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (s < 0) continue;
    struct timeval limit = {.tv_sec = 5};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    static char request[16384];
    char method[16] = "", path[1024] = "";
    size_t n = read_until(s, request, sizeof request, "\r\n\r\n");
    sscanf(request, "%15s %1023s", method, path);
    char *body = strstr(request, "\r\n\r\n");
    char *length = strcasestr(request, "content-length:");
    if (body && length) {
      body += 4;
      size_t want = (size_t)strtoul(length + 15, NULL, 10);
      while (n < sizeof request - 1 && (size_t)(request + n - body) < want) {
        ssize_t r = recv(s, request + n, sizeof request - 1 - n, 0);
        if (r <= 0) break;
        n += (size_t)r;
        request[n] = 0;
      }
    }
    static struct text out;
    out.length = 0;
    out.bytes[0] = 0;
    int status = *path ? answer(method, path, body ? body : "", &out) : 400;
    char head[256];
    int h = snprintf(head, sizeof head, "HTTP/1.0 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                     status, status < 400 ? "OK" : "Error", out.length);
    send(s, head, (size_t)h, MSG_MORE);
    if (strcmp(method, "HEAD") != 0) send(s, out.bytes, out.length, 0);
    shutdown(s, SHUT_WR);
    close(s);
  }
}
