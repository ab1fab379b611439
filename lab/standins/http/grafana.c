// Stand-in for `grafana server`: reads [server] http_addr and http_port of grafana.ini and answers /api/health.
#include "http.h"

static int answer(const char *method, const char *path, const char *body, struct text *out) {
  (void)method, (void)body;
  // Grafana serves below a sub-path as well when told to; the check must work through the proxy too.
  if (strncmp(path, "/grafana/", 9) == 0) path += 8;
  if (strcmp(path, "/api/health") == 0) {
    add(out, "{\"commit\":\"stand-in\",\"database\":\"ok\",\"version\":\"11.0.0\"}");
    return 200;
  }
  if (strcmp(path, "/") == 0) {
    add(out, "{\"message\":\"stand-in for Grafana\"}");
    return 200;
  }
  add(out, "{\"message\":\"Not found\"}");
  return 404;
}

int main(int argc, char **argv) {
  const char *file = "/etc/grafana/grafana.ini";
  for (int i = 1; i < argc; i++)
    if (strncmp(argv[i], "--config=", 9) == 0) file = argv[i] + 9;
  char host[64] = "", section[64] = "", line[1024], value[512];
  int port = 3000;
  FILE *f = fopen(file, "r");
  if (!f) {
    fprintf(stderr, "cannot read %s: %s\n", file, strerror(errno));
    return 1;
  }
  while (fgets(line, sizeof line, f)) {
    if (sscanf(line, " [%63[^]]]", section) == 1) continue;
    if (strcmp(section, "server") != 0) continue;
    if (sscanf(line, " http_port = %511[^\n]", value) == 1) port = atoi(value);
    if (sscanf(line, " http_addr = %63[0-9.]", value) == 1) snprintf(host, sizeof host, "%.63s", value);
  }
  fclose(f);
  int s = listen_on(host, port);
  printf("logger=http.server msg=\"HTTP Server Listen\" address=%s:%d (stand-in)\n", host, port);
  fflush(stdout);
  notify("READY=1");
  serve(s, answer);
}
