// A guard is the parent and subreaper of one process, so that whatever that process starts stays below the
// guard, double forks and new sessions included, and ends with it. It is a plain fork of the launcher and
// holds nothing but its socket to the launcher.
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "descendants.h"
#include "plan.h"
#include "protocol.h"

// The launcher fills in the id.
static void report(uint32_t kind, pid_t pid, uint32_t stage, int32_t value) {
    struct event event = {.kind = kind, .pid = pid, .stage = stage, .value = value};
    // Nobody reads it only when the launcher is gone, and then nobody needs it.
    send(GUARD_SOCKET, &event, sizeof event, MSG_NOSIGNAL);
}

// Puts the process's outputs on 1, 2, … and the socket on GUARD_SOCKET, and closes what else the launcher
// holds.
static void arrange_descriptors(const struct guard_task *task) {
    for (int i = 0; i < task->descriptor_count; i++) {
        dup2(task->descriptors[i], i < OUTPUTS_MAX ? i + 1 : STDIN_FILENO);
    }
    dup3(task->socket, GUARD_SOCKET, O_CLOEXEC);
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

// Waits until `outcome` says that the process runs its executable, or what failed.
static bool await_outcome(pid_t process, int outcome, bool can_be_killed, struct failure *failure) {
    struct pollfd polled[] = {
        {.fd = can_be_killed ? GUARD_SOCKET : -1, .events = POLLRDHUP},
        {.fd = outcome, .events = POLLIN},
    };
    while (polled[1].revents == 0) {
        if (poll(polled, 2, -1) > 0 && polled[0].revents != 0) {
            kill(process, SIGKILL); // which closes its end of `outcome`
            polled[0].fd = -1;
        }
    }
    return read(outcome, failure, sizeof *failure) != sizeof *failure;
}

bool process_start(const struct plan *plan, bool can_be_killed, pid_t *pid, struct failure *failure) {
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
    close(outcome[1]);
    bool started = await_outcome(*pid, outcome[0], can_be_killed, failure);
    close(outcome[0]);
    if (!started) {
        waitpid(*pid, NULL, 0);
    }
    return started;
}

// Passes one signal on. False at the end of file.
static bool pass_signal_on(pid_t process, short events) {
    int32_t number;
    if (events & (POLLRDHUP | POLLHUP | POLLERR)) {
        return false; // whatever else still waits in the socket
    }
    // The process is its group's leader for life and not reaped yet, so the group is still its own.
    if (recv(GUARD_SOCKET, &number, sizeof number, MSG_DONTWAIT) == sizeof number) {
        kill(-process, number);
    }
    return true;
}

// Passes signals on until the process ends, and returns its wait status; tells whether it was to be killed.
static int watch(pid_t process, int children, bool *was_killed) {
    *was_killed = false;
    struct pollfd polled[] = {
        {.fd = GUARD_SOCKET, .events = POLLIN | POLLRDHUP},
        {.fd = children, .events = POLLIN},
    };
    for (;;) {
        int status;
        pid_t ended;
        do {
            ended = waitpid(-1, &status, WNOHANG);
        } while (ended > 0 && ended != process);
        if (ended == process) {
            return status;
        }
        if (poll(polled, 2, -1) < 0) {
            continue;
        }
        if (polled[0].revents != 0 && !pass_signal_on(process, polled[0].revents)) {
            *was_killed = true;
            kill(-process, SIGKILL);
            polled[0].fd = -1;
        }
        struct signalfd_siginfo signal;
        ssize_t ignored = read(children, &signal, sizeof signal);
        (void)ignored;
    }
}

static bool start(const struct plan *plan, pid_t *process, struct failure *failure) {
    return plan->container.is_wanted ? container_start(plan, process, failure)
                                     : process_start(plan, true, process, failure);
}

static int watched_children(void) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    return signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Reports the start of the process, and then its end; `plan` is NULL for what a fork server has made.
static void attend(pid_t process, int children, const struct plan *plan) {
    report(EVENT_STARTED, process, 0, 0);
    bool was_killed;
    int status = watch(process, children, &was_killed);
    if (plan == NULL || !plan->is_fork_server) {
        descendants_kill();
    }
    bool out_of_memory = false;
    if (plan != NULL && plan->container.is_wanted) {
        bool is_candidate = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !was_killed;
        out_of_memory = is_candidate && container_ran_out_of_memory(plan);
        container_delete(plan);
    }
    report(EVENT_EXITED, process, out_of_memory ? STAGE_MEMORY : 0, status);
}

void guard_run(const struct guard_task *task) {
    arrange_descriptors(task);
    prctl(PR_SET_NAME, "trellis-guard");
    int children = watched_children();
    struct plan plan;
    struct failure failure;
    pid_t process;
    if (!plan_read(&plan, task->plan, task->plan_size)) {
        report(EVENT_FAILED, 0, STAGE_REQUEST, EBADMSG);
        _exit(EXIT_SUCCESS);
    }
    // What a fork server leaves behind becomes the launcher's: guards like this one.
    prctl(PR_SET_CHILD_SUBREAPER, plan.is_fork_server ? 0 : 1);
    if (children < 0) {
        report(EVENT_FAILED, 0, STAGE_FORK, errno);
    } else if (!start(&plan, &process, &failure)) {
        report(EVENT_FAILED, 0, failure.stage, failure.error);
    } else {
        close_range(0, OUTPUTS_MAX, 0); // or they would stay open when the process has closed them
        attend(process, children, &plan);
    }
    _exit(EXIT_SUCCESS);
}

// Receives the socket to the launcher over the one to the fork server. False when that is gone.
static bool receive_socket(void) {
    char byte;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } attached;
    struct iovec part = {.iov_base = &byte, .iov_len = sizeof byte};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &attached,
        .msg_controllen = sizeof attached,
    };
    ssize_t size;
    do {
        size = recvmsg(GUARD_SOCKET, &message, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    struct cmsghdr *header = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header == NULL || header->cmsg_type != SCM_RIGHTS) {
        return false;
    }
    int received;
    memcpy(&received, CMSG_DATA(header), sizeof received);
    dup3(received, GUARD_SOCKET, O_CLOEXEC);
    close(received);
    return true;
}

void guard_adopt(pid_t process) {
    close_range(1, OUTPUTS_MAX, 0); // the fork server's
    close_range(GUARD_OUTCOME + 1, ~0U, 0);
    prctl(PR_SET_NAME, "trellis-guard");
    if (!receive_socket()) {
        _exit(EXIT_SUCCESS); // and the process dies with it
    }
    int children = watched_children();
    struct failure failure;
    if (!await_outcome(process, GUARD_OUTCOME, true, &failure)) {
        waitpid(process, NULL, 0);
        report(EVENT_FAILED, 0, failure.stage, failure.error);
    } else if (children < 0) {
        _exit(EXIT_FAILURE); // the process dies with it
    } else {
        close(GUARD_OUTCOME);
        attend(process, children, NULL);
    }
    _exit(EXIT_SUCCESS);
}
