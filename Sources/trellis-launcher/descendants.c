#include "descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct relation {
    pid_t parent;
    pid_t group;
};

// Who a process belongs to; false if it has gone meanwhile.
static bool relation_of(pid_t pid, struct relation *relation) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    // "PID (NAME) STATE PARENT GROUP …"; the name, at most 64 bytes, may itself hold parentheses and spaces.
    char stat[256];
    ssize_t size = read(file, stat, sizeof stat - 1);
    close(file);
    stat[size < 0 ? 0 : size] = '\0';
    const char *name_end = strrchr(stat, ')');
    return name_end != NULL && sscanf(name_end, ") %*c %d %d", &relation->parent, &relation->group) == 2;
}

static void kill_children(void) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        struct relation relation;
        if (pid <= 0 || !relation_of(pid, &relation) || relation.parent != getpid()) {
            continue;
        }
        // A child of ours can't be replaced by a stranger before we reap it, so its ids are safe to signal.
        // Its group, unless it is our own, holds descendants of ours only, and the kernel kills a group at
        // one stroke: processes that fork faster than they are found here can't escape that.
        if (relation.group != getpgrp()) {
            kill(-relation.group, SIGKILL);
        }
        kill(pid, SIGKILL);
    }
    closedir(processes);
}

void descendants_kill(void) {
    // Only children are killed; a subreaper inherits theirs as they die. A process becomes our child before
    // the parent that it lost can be waited for, so a look after every death misses none.
    for (;;) {
        pid_t reaped;
        do {
            reaped = waitpid(-1, NULL, WNOHANG);
        } while (reaped > 0);
        if (reaped < 0 && errno == ECHILD) {
            return;
        }
        kill_children();
        waitpid(-1, NULL, 0);
    }
}
