#define _GNU_SOURCE
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descendants.h"
#include "protocol.h"

// Runs the runtime with its own options and these arguments after them, and waits for it. It is not killed in
// the middle, whatever the launcher wants: what it has made by then would stay.
static bool run(const struct plan *plan, char *const *more, struct failure *failure) {
    size_t own = 0;
    size_t added = 0;
    while (plan->arguments[own] != NULL) {
        own += 1;
    }
    while (more[added] != NULL) {
        added += 1;
    }
    char **arguments = calloc(own + added + 1, sizeof *arguments);
    if (arguments == NULL) {
        *failure = (struct failure){.stage = STAGE_FORK, .error = errno};
        return false;
    }
    memcpy(arguments, plan->arguments, own * sizeof *arguments);
    memcpy(arguments + own, more, added * sizeof *arguments);
    struct plan command = *plan;
    command.arguments = arguments;
    pid_t runtime;
    bool has_started = process_start(&command, false, &runtime, failure);
    free(arguments);
    if (!has_started) {
        return false;
    }
    int status = 0;
    waitpid(runtime, &status, 0);
    if (status != 0) {
        *failure = (struct failure){.stage = STAGE_CONTAINER, .error = status};
    }
    return status == 0;
}

// crun refuses to work where version 2 of the control groups is mounted beside version 1, though nothing of
// version 2 is used. It looks for the mount at one place, and a mount namespace of our own can be without it.
static bool hide_unified_hierarchy(void) {
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0
        && umount2("/sys/fs/cgroup/unified", MNT_DETACH) == 0;
}

// The process id that the runtime has left in the bundle; 0 when there is none.
static pid_t written_pid(const struct plan *plan) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/pid", plan->directory);
    FILE *file = (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return 0;
    }
    int pid = 0;
    if (fscanf(file, "%d", &pid) != 1) {
        pid = 0;
    }
    fclose(file);
    return pid;
}

// Waits until the process is our child. crun has started it from a child of its own, which may end a moment
// after crun: until then it is ours, and the process is not.
static bool adopt(pid_t pid) {
    siginfo_t state;
    while (waitid(P_PID, (id_t)pid, &state, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (waitid(P_ALL, 0, &state, WEXITED | WNOWAIT) != 0) {
            return false;
        }
        if (state.si_pid != pid) {
            waitpid(state.si_pid, NULL, 0);
        }
    }
    return true;
}

bool container_start(const struct plan *plan, pid_t *pid, struct failure *failure) {
    if (plan->container.hides_unified && !hide_unified_hierarchy()) {
        *failure = (struct failure){.stage = STAGE_NAMESPACE, .error = errno};
        return false;
    }
    // Detached, the runtime is gone once the process runs, and the container stays until it is deleted.
    char *const arguments[] = {
        "run", "--detach", "--pid-file", "pid", "--preserve-fds", "4", plan->container.id, NULL,
    };
    if (!run(plan, arguments, failure)) {
        descendants_kill();
        container_delete(plan);
        return false;
    }
    *pid = written_pid(plan);
    if (*pid <= 0 || !adopt(*pid)) {
        *failure = (struct failure){.stage = STAGE_REQUEST, .error = ECHILD};
        descendants_kill();
        container_delete(plan);
        return false;
    }
    return true;
}

bool container_ran_out_of_memory(const struct plan *plan) {
    FILE *file = plan->container.oom_counter[0] == '\0' ? NULL : fopen(plan->container.oom_counter, "re");
    if (file == NULL) {
        return false;
    }
    char name[64];
    unsigned long long value;
    unsigned long long kill_count = 0;
    while (fscanf(file, "%63s %llu", name, &value) == 2) {
        if (strcmp(name, "oom_kill") == 0) {
            kill_count = value;
        }
    }
    fclose(file);
    return kill_count > 0;
}

void container_delete(const struct plan *plan) {
    // The process's outputs end with it, not with this; and the runtime shall find no file of its own there.
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (null == descriptor) {
            fcntl(null, F_SETFD, 0);
        } else {
            dup2(null, descriptor);
        }
    }
    char *const arguments[] = {"delete", "--force", plan->container.id, NULL};
    struct failure ignored;
    run(plan, arguments, &ignored);
}
