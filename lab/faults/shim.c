// Stands before a tool on a node (/usr/local/sbin comes first in the runtime's PATH) and waits or fails where a rule says so.
// Rules: /.faults/rules, one a line: NAME|TOOL|GLOB over the arguments|before or after|pause, skip, sleep:MS or fail:TEXT|which match (0: every).
// A pause makes /.faults/NAME.reached and lasts while /.faults/NAME.hold is there.
#define _GNU_SOURCE
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct rule {
    char name[64], when[16], action[200];
};

static long counted(const char *name) {
    char path[200];
    struct stat seen;
    snprintf(path, sizeof path, "/.faults/%s.count", name);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || write(file, ".", 1) != 1 || fstat(file, &seen) != 0) return -1;
    close(file);
    return seen.st_size;
}

// Whether a rule speaks of this call; the first one counts.
static int find(const char *tool, const char *arguments, struct rule *found) {
    FILE *rules = fopen("/.faults/rules", "re");
    if (!rules) return 0;
    char line[1000];
    int hit = 0;
    while (!hit && fgets(line, sizeof line, rules)) {
        line[strcspn(line, "\n")] = 0;
        char *rest = line, *field[6];
        int count = 0;
        while (count < 6 && (field[count] = strsep(&rest, "|"))) count++;
        if (count < 6 || strcmp(field[1], tool) != 0 || fnmatch(field[2], arguments, 0) != 0) continue;
        long wanted = atol(field[5]), seen = counted(field[0]);
        if (wanted != 0 && seen != wanted) continue;
        snprintf(found->name, sizeof found->name, "%s", field[0]);
        snprintf(found->when, sizeof found->when, "%s", field[3]);
        snprintf(found->action, sizeof found->action, "%s", field[4]);
        hit = 1;
    }
    fclose(rules);
    return hit;
}

static void act(const struct rule *rule, const char *tool) {
    char path[200];
    if (strcmp(rule->action, "skip") == 0) exit(0);
    if (strncmp(rule->action, "fail:", 5) == 0) {
        fprintf(stderr, "%s: %s\n", tool, rule->action + 5);
        exit(1);
    }
    if (strncmp(rule->action, "sleep:", 6) == 0) {
        usleep((useconds_t)atol(rule->action + 6) * 1000);
        return;
    }
    snprintf(path, sizeof path, "/.faults/%s.reached", rule->name);
    int mark = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (mark >= 0) {
        dprintf(mark, "%d %d\n", getpid(), getppid());
        close(mark);
    }
    snprintf(path, sizeof path, "/.faults/%s.hold", rule->name);
    while (access(path, F_OK) == 0) usleep(2000);
}

int main(int count, char **words) {
    const char *slash = strrchr(words[0], '/'), *tool = slash ? slash + 1 : words[0];
    char real[200], arguments[65536] = "";
    size_t used = 0;
    for (int i = 1; i < count && used < sizeof arguments - 1; i++)
        used += (size_t)snprintf(arguments + used, sizeof arguments - used, i > 1 ? " %s" : "%s", words[i]);
    snprintf(real, sizeof real, "/usr/bin/%s", tool);
    struct rule rule;
    if (!find(tool, arguments, &rule)) {
        execv(real, words);
        return 127;
    }
    if (strcmp(rule.when, "before") == 0) {
        act(&rule, tool);
        execv(real, words);
        return 127;
    }
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execv(real, words);
        _exit(127);
    }
    waitpid(child, &status, 0);
    act(&rule, tool);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
