// The floor under fleetctl's SSH: a bare libssh2 client on one epoll loop.
//
// Connects to every address that it is given, checks the host key against one pinned key, logs in
// with one key, runs one command with standard input from a file, reads both streams and hangs up.
// Prints one line of figures. What fleetctl needs beyond this is its own cost.
//
// cc -O2 -o sshfloor sshfloor.c -lssh2
// sshfloor -u USER -i KEYFILE -k HOSTKEY_BASE64_FILE [-p PORT] [-x COMMAND] [-s STDINFILE]
//          [-r REPETITIONS] ADDRESS...
//
// HOSTKEY_BASE64_FILE holds the server's public key in wire format, base64, one key a line; an empty
// name (-k '') accepts any key. Exit status 0 when every host answered with status 0.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <libssh2.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum step { CONNECTING, HANDSHAKE, LOGIN, OPENING, EXECUTING, PUMPING, CLOSING, DONE };

struct host {
  const char *address;
  int socket;
  enum step step;
  int failed;
  LIBSSH2_SESSION *session;
  LIBSSH2_CHANNEL *channel;
  size_t written;
  size_t received;
  int told_end;
};

struct settings {
  const char *user, *key_file, *pin_file, *command, *input_file;
  int port, repetitions;
  char *key, *pins, *input;
  size_t key_length, pins_length, input_length;
};

static struct settings settings = {.port = 22, .repetitions = 1, .command = "true", .pin_file = ""};

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static char *contents(const char *path, size_t *length) {
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    exit(2);
  }
  size_t room = 1 << 16;
  char *bytes = malloc(room);
  *length = 0;
  size_t count;
  while ((count = fread(bytes + *length, 1, room - *length, file)) > 0) {
    *length += count;
    if (*length == room) bytes = realloc(bytes, room *= 2);
  }
  fclose(file);
  // libssh2 measures a key in memory with strlen(3); there is room, or the loop had gone on.
  bytes[*length] = 0;
  return bytes;
}

// As in fleetctl: quick acknowledgement has to be asked for again after every read.
static ssize_t receive(libssh2_socket_t socket, void *buffer, size_t length, int flags, void **ctx) {
  (void)ctx;
  ssize_t count = recv(socket, buffer, length, flags);
  if (count < 0) return -errno;
  int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
  return count;
}

static void encode(const unsigned char *bytes, size_t length, char *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    unsigned value = bytes[i] << 16;
    if (i + 1 < length) value |= bytes[i + 1] << 8;
    if (i + 2 < length) value |= bytes[i + 2];
    *out++ = digits[value >> 18 & 63];
    *out++ = digits[value >> 12 & 63];
    *out++ = i + 1 < length ? digits[value >> 6 & 63] : '=';
    *out++ = i + 2 < length ? digits[value & 63] : '=';
  }
  *out = 0;
}

static int is_pinned(LIBSSH2_SESSION *session) {
  if (!settings.pins) return 1;
  size_t length;
  int type;
  const char *key = libssh2_session_hostkey(session, &length, &type);
  if (!key || length > 1024) return 0;
  char text[2048];
  encode((const unsigned char *)key, length, text);
  return memmem(settings.pins, settings.pins_length, text, strlen(text)) != NULL;
}

static void start(struct host *host) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(settings.port)};
  inet_pton(AF_INET, host->address, &address.sin_addr);
  host->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int one = 1;
  setsockopt(host->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(host->socket, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
    host->failed = errno;
  LIBSSH2_SESSION *session = host->session = libssh2_session_init();
  libssh2_session_set_blocking(session, 0);
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)receive);
  libssh2_session_method_pref(session, LIBSSH2_METHOD_KEX, "ecdh-sha2-nistp256");
  libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519,ecdsa-sha2-nistp256");
  for (int method = LIBSSH2_METHOD_CRYPT_CS; method <= LIBSSH2_METHOD_CRYPT_SC; method++)
    libssh2_session_method_pref(session, method, "aes128-ctr");
  for (int method = LIBSSH2_METHOD_MAC_CS; method <= LIBSSH2_METHOD_MAC_SC; method++)
    libssh2_session_method_pref(session, method, "hmac-sha2-256");
}

static int give_up(struct host *host, const char *what, int code) {
  char *text = "";
  libssh2_session_last_error(host->session, &text, NULL, 0);
  fprintf(stderr, "%s: %s failed (%d): %s\n", host->address, what, code, text);
  host->failed = 1;
  host->step = DONE;
  return 0;
}

static int drain(struct host *host) {
  static char buffer[65536];
  ssize_t count = 0;
  for (int stream = 0; stream <= SSH_EXTENDED_DATA_STDERR; stream++) {
    while ((count = libssh2_channel_read_ex(host->channel, stream, buffer, sizeof buffer)) > 0)
      host->received += count;
    if (count < 0 && count != LIBSSH2_ERROR_EAGAIN) return count;
  }
  return 0;
}

static int feed(struct host *host) {
  while (host->written < settings.input_length) {
    ssize_t count = libssh2_channel_write(
        host->channel, settings.input + host->written, settings.input_length - host->written);
    if (count == 0) return LIBSSH2_ERROR_EAGAIN;
    if (count < 0) return count;
    host->written += count;
  }
  if (host->told_end) return 0;
  int code = libssh2_channel_send_eof(host->channel);
  host->told_end = code == 0;
  return code;
}

// Goes on until libssh2 would block; returns LIBSSH2_ERROR_EAGAIN then, and 0 at the end.
static int advance(struct host *host) {
  int code;
  LIBSSH2_SESSION *session = host->session;
  switch (host->step) {
  case CONNECTING: {
    int failure = 0;
    socklen_t size = sizeof failure;
    getsockopt(host->socket, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure) return give_up(host, strerror(failure), -failure);
    host->step = HANDSHAKE;
  } // fall through
  case HANDSHAKE:
    if ((code = libssh2_session_handshake(session, host->socket)) == LIBSSH2_ERROR_EAGAIN) return code;
    if (code) return give_up(host, "handshake", code);
    if (!is_pinned(session)) return give_up(host, "host key", 0);
    host->step = LOGIN; // fall through
  case LOGIN:
    code = libssh2_userauth_publickey_frommemory(
        session, settings.user, strlen(settings.user), NULL, 0, settings.key, settings.key_length, NULL);
    if (code == LIBSSH2_ERROR_EAGAIN) return code;
    if (code) return give_up(host, "login", code);
    host->step = OPENING; // fall through
  case OPENING:
    if (!(host->channel = libssh2_channel_open_session(session))) {
      code = libssh2_session_last_errno(session);
      return code == LIBSSH2_ERROR_EAGAIN ? code : give_up(host, "channel", code);
    }
    host->step = EXECUTING; // fall through
  case EXECUTING:
    if ((code = libssh2_channel_exec(host->channel, settings.command)) == LIBSSH2_ERROR_EAGAIN) return code;
    if (code) return give_up(host, "exec", code);
    host->step = PUMPING; // fall through
  case PUMPING:
    if ((code = drain(host))) return give_up(host, "read", code);
    if (!libssh2_channel_eof(host->channel)) {
      code = feed(host);
      if (code && code != LIBSSH2_ERROR_EAGAIN) return give_up(host, "write", code);
      if ((code = drain(host))) return give_up(host, "read", code);
      if (!libssh2_channel_eof(host->channel)) return LIBSSH2_ERROR_EAGAIN;
    }
    host->step = CLOSING; // fall through
  case CLOSING:
    if ((code = libssh2_channel_close(host->channel)) == LIBSSH2_ERROR_EAGAIN) return code;
    if (libssh2_channel_get_exit_status(host->channel)) host->failed = 1;
    libssh2_session_disconnect(session, "done");
    host->step = DONE; // fall through
  case DONE:
    return 0;
  }
  return 0;
}

static int run(struct host *hosts, int count) {
  int poll = epoll_create1(EPOLL_CLOEXEC), left = count, failures = 0;
  for (int i = 0; i < count; i++) {
    start(&hosts[i]);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = &hosts[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, hosts[i].socket, &event);
  }
  while (left > 0) {
    struct epoll_event events[256];
    int ready = epoll_wait(poll, events, 256, 10000);
    if (ready == 0) return count;
    for (int i = 0; i < ready; i++) {
      struct host *host = events[i].data.ptr;
      if (advance(host) == LIBSSH2_ERROR_EAGAIN) {
        int wants_write = libssh2_session_block_directions(host->session) & LIBSSH2_SESSION_BLOCK_OUTBOUND;
        struct epoll_event event = {.events = wants_write ? EPOLLOUT : EPOLLIN, .data.ptr = host};
        epoll_ctl(poll, EPOLL_CTL_MOD, host->socket, &event);
        continue;
      }
      if (host->failed) failures++;
      libssh2_session_free(host->session);
      close(host->socket);
      left--;
    }
  }
  close(poll);
  return failures;
}

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
         + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "u:i:k:p:x:s:r:")) != -1) {
    switch (option) {
    case 'u': settings.user = optarg; break;
    case 'i': settings.key_file = optarg; break;
    case 'k': settings.pin_file = optarg; break;
    case 'p': settings.port = atoi(optarg); break;
    case 'x': settings.command = optarg; break;
    case 's': settings.input_file = optarg; break;
    case 'r': settings.repetitions = atoi(optarg); break;
    default: return 64;
    }
  }
  int count = argc - optind;
  if (!settings.user || !settings.key_file || count < 1) {
    fprintf(stderr, "usage: sshfloor -u USER -i KEY -k PINS [-p PORT] [-x COMMAND] [-s FILE] ADDRESS...\n");
    return 64;
  }
  libssh2_init(0);
  settings.key = contents(settings.key_file, &settings.key_length);
  if (*settings.pin_file) settings.pins = contents(settings.pin_file, &settings.pins_length);
  if (settings.input_file) settings.input = contents(settings.input_file, &settings.input_length);
  int failures = 0;
  for (int round = 0; round < settings.repetitions; round++) {
    struct host *hosts = calloc(count, sizeof *hosts);
    for (int i = 0; i < count; i++) hosts[i].address = argv[optind + i];
    double wall = seconds(), work = cpu();
    int failed = run(hosts, count);
    wall = seconds() - wall;
    work = cpu() - work;
    size_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += hosts[i].received;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("hosts=%d failed=%d bytes=%zu wall_ms=%.1f cpu_ms_per_host=%.3f peak_kib=%ld\n", count,
           failed, bytes, wall * 1e3, work * 1e3 / count, usage.ru_maxrss);
    failures += failed;
    free(hosts);
  }
  return failures ? 1 : 0;
}
