// A guard is the parent and subreaper of one process, so that whatever that process starts stays below the
// guard, double forks and new sessions included, and ends with it. It is a plain fork of the launcher and
// holds nothing but its pipe to the launcher.
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descendants.h"
#include "plan.h"
#include "protocol.h"

// Tells a guard to kill its process: from the launcher, or from the kernel when the launcher has died.
enum { END = SIGUSR1 };

struct failure {
    uint32_t stage;
    int32_t error;
};

static void report(const struct guard_task *task, uint32_t kind, pid_t pid, uint32_t stage, int32_t value) {
    struct event event = {.id = task->id, .kind = kind, .pid = pid, .stage = stage, .value = value};
    // Nobody reads it only when the launcher is gone, and then nobody needs it.
    ssize_t ignored = write(GUARD_REPORT, &event, sizeof event);
    (void)ignored;
}

// Puts the process's outputs on 1, 2, … and the report on GUARD_REPORT, and closes what else the launcher
// holds.
static void arrange_descriptors(const struct guard_task *task) {
    for (int i = 0; i < task->descriptor_count; i++) {
        dup2(task->descriptors[i], i + 1);
    }
    dup3(task->report, GUARD_REPORT, O_CLOEXEC);
    close_range(DESCRIPTORS_RESERVED, ~0U, 0);
}

static bool lower_limits(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->limit_count; i++) {
        const struct limit *wanted = &plan->limits[i];
        struct rlimit limit;
        if (getrlimit((int)wanted->resource, &limit) != 0) {
            return false;
        }
        limit.rlim_max = wanted->hard < limit.rlim_max ? wanted->hard : limit.rlim_max;
        limit.rlim_cur = wanted->soft < limit.rlim_max ? wanted->soft : limit.rlim_max;
        if (setrlimit((int)wanted->resource, &limit) != 0) {
            return false;
        }
    }
    return true;
}

static bool become_user(const struct plan *plan) {
    if (!plan->changes_user) {
        return true;
    }
    if (plan->uid == (uid_t)-1 || plan->gid == (gid_t)-1) {
        errno = EINVAL; // the calls below would take it for "no change", and the process would stay root
        return false;
    }
    return setgroups(0, NULL) == 0 && setresgid(plan->gid, plan->gid, plan->gid) == 0
        && setresuid(plan->uid, plan->uid, plan->uid) == 0;
}

// Turns a fresh fork of the guard into the process. Returns only if that fails: the stage; the error is in
// errno.
static uint32_t become(const struct plan *plan, pid_t guard) {
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); // the dispositions are the defaults since the launcher's start
    if (!lower_limits(plan)) {
        return STAGE_LIMITS;
    }
    if (!become_user(plan)) {
        return STAGE_USER;
    }
    if (chdir(plan->directory) != 0) {
        return STAGE_DIRECTORY;
    }
    // After the change of user, which would clear it. The guard may have died before this took effect.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != guard) {
        _exit(EXIT_FAILURE);
    }
    execve(plan->executable, plan->arguments, plan->environment);
    return STAGE_EXECUTE;
}

// Forks the process and waits for it to execute. True, or what failed.
static bool start(const struct plan *plan, pid_t *pid, struct failure *failure) {
    pid_t guard = getpid();
    int outcome[2]; // closed by a successful exec, else takes a struct failure
    *pid = pipe2(outcome, O_CLOEXEC) == 0 ? fork() : -1;
    if (*pid < 0) {
        *failure = (struct failure){.stage = STAGE_FORK, .error = errno};
        return false;
    }
    if (*pid == 0) {
        uint32_t stage = become(plan, guard);
        struct failure told = {.stage = stage, .error = errno};
        ssize_t ignored = write(outcome[1], &told, sizeof told);
        (void)ignored;
        _exit(EXIT_FAILURE);
    }
    close_range(1, OUTPUTS_MAX, 0); // or they would stay open when the process has closed them
    close(outcome[1]);
    ssize_t size = read(outcome[0], failure, sizeof *failure);
    close(outcome[0]);
    if (size == sizeof *failure) {
        waitpid(*pid, NULL, 0);
        return false;
    }
    return true;
}

// Passes signals on until the process ends, and returns its wait status.
static int watch(pid_t process) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, END);
    sigaddset(&awaited, SIGRTMIN);
    for (;;) {
        siginfo_t signal;
        int number = sigwaitinfo(&awaited, &signal);
        // The process is its group's leader for life and not reaped yet, so the group is still its own.
        if (number == SIGRTMIN) {
            kill(-process, signal.si_value.sival_int);
        } else if (number == END) {
            kill(-process, SIGKILL);
        }
        int status;
        pid_t ended;
        do {
            ended = waitpid(-1, &status, WNOHANG);
        } while (ended > 0 && ended != process);
        if (ended == process) {
            return status;
        }
    }
}

void guard_signal(pid_t guard, int number) {
    if (number == SIGKILL) {
        kill(guard, END); // unlike a queued signal this can't fail for want of room in the queue
    } else {
        sigqueue(guard, SIGRTMIN, (union sigval){.sival_int = number});
    }
}

void guard_run(const struct guard_task *task) {
    arrange_descriptors(task);
    prctl(PR_SET_NAME, "trellis-guard");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, END);
    if (getppid() != task->launcher) {
        _exit(EXIT_FAILURE);
    }
    struct plan plan;
    struct failure failure;
    pid_t process;
    if (!plan_read(&plan, task->plan, task->plan_size)) {
        report(task, EVENT_FAILED, 0, STAGE_REQUEST, EBADMSG);
    } else if (!start(&plan, &process, &failure)) {
        report(task, EVENT_FAILED, 0, failure.stage, failure.error);
    } else {
        report(task, EVENT_STARTED, process, 0, 0);
        int status = watch(process);
        descendants_kill();
        report(task, EVENT_EXITED, process, 0, status);
    }
    _exit(EXIT_SUCCESS);
}
