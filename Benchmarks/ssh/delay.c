// Two TUN devices that are joined by a fixed delay each way: a long line between two network
// namespaces, for kernels without netem. Whole packets wait, so handshakes and slow starts are real.
//
// cc -O2 -o delay delay.c
// delay MILLISECONDS DEVICE DEVICE    (each way; the round trip takes twice as long)
//
// Says `ready` once both devices exist; they vanish with it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct packet {
  struct packet *next;
  int64_t due;
  int length;
  unsigned char bytes[];
};

struct side {
  int device;
  // Packets on their way to the other side, the oldest first.
  struct packet *first, **last;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void make(struct side *side, const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
  side->device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (side->device < 0 || ioctl(side->device, TUNSETIFF, &request)) {
    perror(name);
    exit(1);
  }
  side->last = &side->first;
}

static void take(struct side *side, int64_t delay) {
  unsigned char bytes[65536];
  for (int i = 0; i < 256; i++) {
    int length = read(side->device, bytes, sizeof bytes);
    if (length <= 0) return;
    struct packet *packet = malloc(sizeof *packet + length);
    if (!packet) exit(1);
    *packet = (struct packet){.due = now() + delay, .length = length};
    memcpy(packet->bytes, bytes, length);
    *side->last = packet;
    side->last = &packet->next;
  }
}

// Delivers what is due; returns when the next packet is, 0 for none.
static int64_t deliver(struct side *from, struct side *to) {
  while (from->first && from->first->due <= now()) {
    struct packet *packet = from->first;
    if (write(to->device, packet->bytes, packet->length) < 0 && errno == EAGAIN) break;
    if (!(from->first = packet->next)) from->last = &from->first;
    free(packet);
  }
  return from->first ? from->first->due : 0;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  int64_t delay = atof(argv[1]) * 1e6;
  struct side sides[2];
  memset(sides, 0, sizeof sides);
  for (int i = 0; i < 2; i++) make(&sides[i], argv[2 + i]);
  // Late packets would be a longer line; without the privilege the figures are merely less exact.
  struct sched_param first = {.sched_priority = 10};
  sched_setscheduler(0, SCHED_FIFO, &first);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  puts("ready");
  fflush(stdout);
  for (;;) {
    int64_t due = 0;
    for (int i = 0; i < 2; i++) {
      int64_t next = deliver(&sides[i], &sides[!i]);
      if (next && (!due || next < due)) due = next;
    }
    struct itimerspec alarm = {.it_value = {due / 1000000000, due % 1000000000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &alarm, NULL);
    struct pollfd watched[] = {
      {sides[0].device, POLLIN, 0}, {sides[1].device, POLLIN, 0}, {timer, POLLIN, 0}};
    poll(watched, 3, -1);
    uint64_t expirations;
    if (watched[2].revents && read(timer, &expirations, sizeof expirations) < 0) continue;
    for (int i = 0; i < 2; i++)
      if (watched[i].revents) take(&sides[i], delay);
  }
}
