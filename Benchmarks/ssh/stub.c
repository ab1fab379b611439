// A cheap SSH server that stands for many nodes which have processors of their own.
//
// Each address that it is reached at is another node with another host key. It lets one key in, takes a
// command with its standard input, and answers with a recording in which the nonce of the recorded
// conversation, the node's name and its machine-id are replaced; the command `true` ends with status 0 at once.
//
// cc -O2 -o stub stub.c -lssh
// stub PORT WORKERS HOSTKEYS CLIENT.pub ANSWER NONCE NAME
//
// HOSTKEYS is a folder with one private key for each node, `NAME@ADDRESS`, all names of one length. NONCE and
// NAME are what ANSWER holds.
// Says `ready` when it listens. Sessions are shared out among WORKERS processes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NONCE_LENGTH 32

struct node {
  char address[INET_ADDRSTRLEN], name[64], machine[NONCE_LENGTH + 1];
  ssh_bind bind;
};

struct session {
  struct node *node;
  ssh_session raw;
  ssh_channel channel;
  struct ssh_server_callbacks_struct server;
  struct ssh_channel_callbacks_struct stream;
  int is_agreed, has_command, has_ended, is_finished;
  // The last line of the request that looked like `n NONCE`, and where its reading stands.
  char nonce[NONCE_LENGTH + 1], line[NONCE_LENGTH + 3];
  int column, has_nonce;
  char *answer;
  size_t sent;
};

static struct node *nodes;
static int node_count;
static ssh_key client;
static ssh_event loop;
static char *answer;
static size_t answer_length;
static const char *recorded_nonce, *recorded_name;
static struct session **sessions;
static int session_count;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int log_in(ssh_session raw, const char *user, struct ssh_key_struct *key, char state, void *context) {
  (void)raw, (void)user, (void)state, (void)context;
  return ssh_key_cmp(key, client, SSH_KEY_CMP_PUBLIC) ? SSH_AUTH_DENIED : SSH_AUTH_SUCCESS;
}

static int take_command(ssh_session raw, ssh_channel channel, const char *command, void *context) {
  (void)raw, (void)channel;
  struct session *session = context;
  session->has_command = 1;
  if (!strcmp(command, "true")) session->is_finished = session->has_ended = 1;
  return 0;
}

// The request is read a character at a time, because a line may come in two packets.
static int take_data(ssh_session raw, ssh_channel channel, void *data, uint32_t length, int is_error, void *context) {
  (void)raw, (void)channel, (void)is_error;
  struct session *session = context;
  const char *bytes = data;
  for (uint32_t i = 0; i < length && !session->has_nonce; i++) {
    if (bytes[i] != '\n') {
      if (session->column < NONCE_LENGTH + 3) session->line[session->column] = bytes[i];
      session->column++;
      continue;
    }
    if (session->column == NONCE_LENGTH + 2 && session->line[0] == 'n' && session->line[1] == ' ') {
      memcpy(session->nonce, session->line + 2, NONCE_LENGTH);
      session->has_nonce = 1;
    }
    session->column = 0;
  }
  return length;
}

static void take_end(ssh_session raw, ssh_channel channel, void *context) {
  (void)raw, (void)channel;
  ((struct session *)context)->has_ended = 1;
}

static ssh_channel open_channel(ssh_session raw, void *context) {
  struct session *session = context;
  session->channel = ssh_channel_new(raw);
  session->stream.userdata = session;
  session->stream.channel_exec_request_function = take_command;
  session->stream.channel_data_function = take_data;
  session->stream.channel_eof_function = take_end;
  ssh_callbacks_init(&session->stream);
  ssh_set_channel_callbacks(session->channel, &session->stream);
  return session->channel;
}

static struct node *node_at(int descriptor) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  char text[INET_ADDRSTRLEN] = "";
  if (!getsockname(descriptor, (struct sockaddr *)&address, &size))
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  for (int i = 0; i < node_count; i++)
    if (!strcmp(nodes[i].address, text)) return &nodes[i];
  return NULL;
}

static int accept_one(socket_t listener, int events, void *context) {
  (void)events, (void)context;
  int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
  if (descriptor < 0) return 0;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct node *node = node_at(descriptor);
  struct session *session = calloc(1, sizeof *session);
  if (!node || !session || !(session->raw = ssh_new()) || ssh_bind_accept_fd(node->bind, session->raw, descriptor)) {
    fprintf(stderr, "a connection cannot be taken\n");
    close(descriptor);
    free(session);
    return 0;
  }
  session->node = node;
  session->server.userdata = session;
  session->server.auth_pubkey_function = log_in;
  session->server.channel_open_request_session_function = open_channel;
  ssh_callbacks_init(&session->server);
  ssh_set_server_callbacks(session->raw, &session->server);
  ssh_set_auth_methods(session->raw, SSH_AUTH_METHOD_PUBLICKEY);
  ssh_set_blocking(session->raw, 0);
  // libssh answers no service request of a session that joined the loop before its key exchange began.
  session->is_agreed = ssh_handle_key_exchange(session->raw) == SSH_OK;
  ssh_event_add_session(loop, session->raw);
  sessions = realloc(sessions, (session_count + 1) * sizeof *sessions);
  if (!sessions) die("sessions");
  sessions[session_count++] = session;
  return 0;
}

// Replaces each `old` in the answer by `new`, which is as long.
static void replace(struct session *session, const char *old, const char *new) {
  size_t length = strlen(old);
  char *place = session->answer, *end = session->answer + answer_length;
  while ((place = memmem(place, end - place, old, length))) {
    memcpy(place, new, length);
    place += length;
  }
}

static void fill_in(struct session *session) {
  session->answer = malloc(answer_length + 1);
  if (!session->answer) die("answer");
  memcpy(session->answer, answer, answer_length + 1);
  if (session->has_nonce) replace(session, recorded_nonce, session->nonce);
  replace(session, recorded_name, session->node->name);
  char *machine = memmem(session->answer, answer_length, "\nmachine_id=", 12);
  if (machine) memcpy(machine + 12, session->node->machine, NONCE_LENGTH);
}

// Goes on with one session; returns whether it is over.
static int advance(struct session *session) {
  int status = ssh_get_status(session->raw);
  if (status & (SSH_CLOSED | SSH_CLOSED_ERROR)) return 1;
  // One that logs in within a single turn of the loop is past the state by which libssh tells that keys are agreed.
  if (!session->is_agreed && !session->channel) {
    int code = ssh_handle_key_exchange(session->raw);
    if (code == SSH_ERROR) return 1;
    session->is_agreed = code == SSH_OK;
    return 0;
  }
  if (!session->has_command || !session->has_ended || session->is_finished == 2) return 0;
  if (!session->is_finished) {
    if (!session->answer) fill_in(session);
    while (session->sent < answer_length) {
      size_t left = answer_length - session->sent;
      int count = ssh_channel_write(session->channel, session->answer + session->sent, left > 32000 ? 32000 : left);
      if (count <= 0) return 0;
      session->sent += count;
    }
  }
  ssh_channel_request_send_exit_status(session->channel, 0);
  ssh_channel_send_eof(session->channel);
  ssh_channel_close(session->channel);
  session->is_finished = 2;
  return 0;
}

static void drop(struct session *session) {
  ssh_event_remove_session(loop, session->raw);
  if (session->channel) ssh_channel_free(session->channel);
  ssh_free(session->raw);
  free(session->answer);
  free(session);
}

static void load_nodes(const char *folder) {
  DIR *directory = opendir(folder);
  if (!directory) die(folder);
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    struct in_addr address;
    char path[4096], *at = strchr(entry->d_name, '@');
    if (!at || inet_pton(AF_INET, at + 1, &address) != 1) continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    ssh_key key;
    if (ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key)) die(path);
    nodes = realloc(nodes, (node_count + 1) * sizeof *nodes);
    if (!nodes) die("nodes");
    struct node *node = &nodes[node_count++];
    inet_ntop(AF_INET, &address, node->address, sizeof node->address);
    snprintf(node->name, sizeof node->name, "%.*s", (int)(at - entry->d_name), entry->d_name);
    if (strlen(node->name) != strlen(recorded_name)) die(path);
    snprintf(node->machine, sizeof node->machine, "%032x", ntohl(address.s_addr));
    node->bind = ssh_bind_new();
    ssh_bind_options_set(node->bind, SSH_BIND_OPTIONS_IMPORT_KEY, key);
  }
  closedir(directory);
}

static void load_answer(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) die(path);
  answer = malloc(1 << 20);
  if (!answer) die(path);
  answer_length = fread(answer, 1, (1 << 20) - 1, file);
  answer[answer_length] = 0;
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc != 8 || strlen(argv[6]) != NONCE_LENGTH) return 64;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  ssh_init();
  recorded_nonce = argv[6];
  recorded_name = argv[7];
  load_nodes(argv[3]);
  if (ssh_pki_import_pubkey_file(argv[4], &client)) die(argv[4]);
  load_answer(argv[5]);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) die("listen");
  puts("ready");
  fflush(stdout);
  for (int worker = 1; worker < atoi(argv[2]); worker++) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      break;
    }
  }
  loop = ssh_event_new();
  ssh_event_add_fd(loop, listener, 1 /* POLLIN */, accept_one, NULL);
  for (;;) {
    ssh_event_dopoll(loop, session_count ? 5 : -1);
    for (int i = 0; i < session_count; i++) {
      if (!advance(sessions[i])) continue;
      drop(sessions[i]);
      sessions[i--] = sessions[--session_count];
    }
  }
}
