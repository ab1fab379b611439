// Runs a command once and prints what it cost, all its descendants included.
//
// cc -O2 -o measure measure.c
// measure [-n NETNS] [-l LOGFILE] COMMAND...
//
// Prints one line of JSON: wall seconds until COMMAND itself ended, CPU seconds of it and of everything
// that it started, the peak of memory in KiB, its exit status. Processes that stay behind (the masters
// of ControlPersist) are ended when COMMAND has ended, and count with their CPU time. The peak is
// the greater of the largest resident set of one process and the largest sum of proportional sets, which
// is looked at ten times a second.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static long proportional(pid_t process) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  long size = 0;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Pss: %ld", &size) == 1) break;
  fclose(file);
  return size;
}

// Calls `visit` for every descendant of `process`; returns the sum of what it returned.
static long descend(pid_t process, long (*visit)(pid_t)) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", process);
  DIR *threads = opendir(path);
  if (!threads) return 0;
  long sum = 0;
  struct dirent *thread;
  while ((thread = readdir(threads))) {
    if (*thread->d_name == '.') continue;
    char children[384];
    snprintf(children, sizeof children, "/proc/%d/task/%s/children", process, thread->d_name);
    FILE *file = fopen(children, "r");
    if (!file) continue;
    int child;
    while (fscanf(file, "%d", &child) == 1) sum += visit(child) + descend(child, visit);
    fclose(file);
  }
  closedir(threads);
  return sum;
}

static long end(pid_t process) {
  kill(process, SIGTERM);
  return 1;
}

int main(int argc, char **argv) {
  const char *namespace = NULL, *log = NULL;
  int option;
  while ((option = getopt(argc, argv, "+n:l:")) != -1) {
    if (option == 'n') namespace = optarg;
    else if (option == 'l') log = optarg;
    else return 64;
  }
  if (optind == argc) return 64;
  if (namespace) {
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || setns(file, CLONE_NEWNET)) {
      perror(path);
      return 2;
    }
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Who measures may be ended, too.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int output = open(log ? log : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  double begin = seconds();
  pid_t command = fork();
  if (command == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(output, 1);
    dup2(output, 2);
    execvp(argv[optind], argv + optind);
    perror(argv[optind]);
    _exit(127);
  }
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  long peak = 0;
  int status = 0, raw;
  double finished = 0;
  while (!finished) {
    struct timespec pause = {.tv_nsec = 100000000};
    // Woken by the end of a child, so that the wall time is exact.
    if (sigtimedwait(&children, NULL, &pause) < 0 && errno == EAGAIN) {
      long sum = descend(getpid(), proportional);
      if (sum > peak) peak = sum;
    }
    pid_t ended;
    while ((ended = waitpid(-1, &raw, WNOHANG)) > 0) {
      if (ended != command) continue;
      finished = seconds();
      status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    }
  }
  double patience = seconds() + 5;
  while (seconds() < patience && descend(getpid(), end)) {
    while (waitpid(-1, &raw, WNOHANG) > 0) {}
    usleep(5000);
  }
  while (waitpid(-1, &raw, WNOHANG) > 0) {}
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  if (usage.ru_maxrss > peak) peak = usage.ru_maxrss;
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
               + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  printf("{\"wall\": %.6f, \"cpu\": %.6f, \"peak\": %ld, \"status\": %d}\n", finished - begin, cpu, peak,
         status);
  return 0;
}
