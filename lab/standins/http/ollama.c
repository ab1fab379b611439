// Stand-in for Ollama: `serve` answers the documented API on $OLLAMA_HOST, `pull` and `rm` record names, nothing infers.
#include "http.h"

#define VERSION "0.3.0"
#define MAX_MODELS 64
static char models[MAX_MODELS][128];
static int count;

static void where(char *host, size_t size, int *port) {
  const char *given = getenv("OLLAMA_HOST");
  snprintf(host, size, "%s", given && *given ? given : "127.0.0.1:11434");
  char *from = strstr(host, "://");
  if (from) memmove(host, from + 3, strlen(from + 3) + 1);
  char *colon = strrchr(host, ':');
  *port = 11434;
  if (colon) {
    *port = atoi(colon + 1);
    *colon = 0;
  }
}

static void list_file(char *path, size_t size) {
  const char *folder = getenv("OLLAMA_MODELS");
  const char *home = getenv("HOME");
  if (folder && *folder) snprintf(path, size, "%s/stand-in-models", folder);
  else snprintf(path, size, "%s/.ollama-stand-in-models", home ? home : "/var/tmp");
}

static void load(void) {
  char path[1024];
  list_file(path, sizeof path);
  FILE *f = fopen(path, "r");
  count = 0;
  if (!f) return;
  while (count < MAX_MODELS && fscanf(f, "%127s", models[count]) == 1) count++;
  fclose(f);
}

static int save(void) {
  char path[1024];
  list_file(path, sizeof path);
  FILE *f = fopen(path, "w");
  if (!f) return -1;
  for (int i = 0; i < count; i++) fprintf(f, "%s\n", models[i]);
  return fclose(f);
}

// The model's name in a JSON body, with the default tag; only characters a name may have.
static int name_of(const char *body, char *name, size_t size) {
  const char *at = strstr(body, "\"model\"");
  if (!at) at = strstr(body, "\"name\"");
  at = at ? strchr(at, ':') : NULL;
  at = at ? strchr(at, '"') : NULL;
  if (!at) return -1;
  size_t n = strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/");
  if (n == 0 || n + 8 > size || at[1 + n] != '"') return -1;
  memcpy(name, at + 1, n);
  name[n] = 0;
  if (!strchr(name, ':')) strcat(name, ":latest");
  return 0;
}

static int find(const char *name) {
  for (int i = 0; i < count; i++)
    if (strcmp(models[i], name) == 0) return i;
  return -1;
}

static int answer(const char *method, const char *path, const char *body, struct text *out) {
  char name[128];
  if (strcmp(path, "/") == 0) return add(out, "\"Ollama is running\""), 200;
  if (strcmp(path, "/api/version") == 0) return add(out, "{\"version\":\"" VERSION "\"}"), 200;
  if (strcmp(path, "/api/ps") == 0) return add(out, "{\"models\":[]}"), 200;
  if (strcmp(path, "/api/tags") == 0) {
    load();
    add(out, "{\"models\":[");
    for (int i = 0; i < count; i++)
      add(out, "%s{\"name\":\"%s\",\"model\":\"%s\",\"size\":1,\"digest\":\"%064d\"}", i ? "," : "", models[i], models[i], i);
    add(out, "]}");
    return 200;
  }
  int pull = strcmp(path, "/api/pull") == 0 && strcmp(method, "POST") == 0;
  int drop = strcmp(path, "/api/delete") == 0 && strcmp(method, "DELETE") == 0;
  if (pull || drop) {
    if (name_of(body, name, sizeof name)) return add(out, "{\"error\":\"invalid model name\"}"), 400;
    load();
    int at = find(name);
    if (drop && at < 0) return add(out, "{\"error\":\"model '%s' not found\"}", name), 404;
    if (drop) memmove(models[at], models[at + 1], sizeof models[0] * (size_t)(--count - at));
    else if (at < 0 && count < MAX_MODELS - 1) snprintf(models[count++], sizeof models[0], "%s", name);
    if (save()) return add(out, "{\"error\":\"cannot write the list of models: %s\"}", strerror(errno)), 500;
    return add(out, "{\"status\":\"success\"}\n"), 200;
  }
  return add(out, "{\"error\":\"not found\"}"), 404;
}

// One request to the server; the body goes to `out`. Returns the status, 0 without a server.
static int ask(const char *method, const char *path, const char *name, char *out, size_t size) {
  char host[256], request[1024], body[256] = "";
  static char reply[70000];
  int port, status = 0;
  where(host, sizeof host, &port);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  if (inet_pton(AF_INET, strcmp(host, "0.0.0.0") == 0 || !*host || strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &to.sin_addr) != 1) return 0;
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(s, (void *)&to, sizeof to)) return 0;
  if (name) snprintf(body, sizeof body, "{\"model\":\"%s\"}", name);
  int n = snprintf(request, sizeof request, "%s %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s", method, path, strlen(body), body);
  send(s, request, (size_t)n, 0);
  read_until(s, reply, sizeof reply, NULL);
  close(s);
  sscanf(reply, "HTTP/1.%*d %d", &status);
  char *at = strstr(reply, "\r\n\r\n");
  snprintf(out, size, "%s", at ? at + 4 : "");
  return status;
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "help";
  static char reply[70000];
  if (strcmp(verb, "-v") == 0 || strcmp(verb, "--version") == 0) return printf("ollama version is " VERSION "\n"), 0;
  if (strcmp(verb, "serve") == 0) {
    char host[256];
    int port;
    where(host, sizeof host, &port);
    int s = listen_on(host, port);
    printf("Listening on %s:%d (version " VERSION ", stand-in)\n", host, port);
    fflush(stdout);
    serve(s, answer);
  }
  int pull = strcmp(verb, "pull") == 0, drop = strcmp(verb, "rm") == 0;
  int list = strcmp(verb, "list") == 0 || strcmp(verb, "ls") == 0;
  if (!list && !((pull || drop) && argc == 3)) return fprintf(stderr, "usage: ollama serve | pull NAME | rm NAME | list | --version\n"), 1;
  int status = list ? ask("GET", "/api/tags", NULL, reply, sizeof reply)
                    : ask(pull ? "POST" : "DELETE", pull ? "/api/pull" : "/api/delete", argv[2], reply, sizeof reply);
  if (status == 0) return fprintf(stderr, "Error: could not connect to ollama app, is it running?\n"), 1;
  if (status >= 400) return fprintf(stderr, "Error: %s\n", reply), 1;
  if (!list) return puts("success"), 0;
  printf("%-32s %-16s %s\n", "NAME", "ID", "SIZE");
  for (char *at = reply; (at = strstr(at, "{\"name\":\""));) {
    at += 9;
    printf("%-32.*s %-16s %s\n", (int)strcspn(at, "\""), at, "000000000000", "1 B");
  }
  return 0;
}
