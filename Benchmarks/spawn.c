// Runs a command N times and prints the fastest and the median wall time in milliseconds, its peak
// memory in MiB, its exit status and the mean of its processor time in milliseconds. Usage: spawn N COMMAND...
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  int runs = atoi(argv[1]);
  if (runs < 1) return 64;
  double *times = calloc(runs, sizeof *times);
  int status = 0;
  for (int run = 0; run < runs; run++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = fork();
    if (child == 0) {
      int null = open("/dev/null", O_RDWR);
      dup2(null, 0);
      dup2(null, 1);
      dup2(null, 2);
      execvp(argv[2], argv + 2);
      _exit(127);
    }
    waitpid(child, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    times[run] = (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
  }
  qsort(times, runs, sizeof *times, ascending);
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  double cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
  printf("%.2f %.2f %.1f %d %.2f\n", times[0], times[runs / 2], usage.ru_maxrss / 1024.0, WEXITSTATUS(status), cpu / runs);
  free(times);
  return 0;
}
