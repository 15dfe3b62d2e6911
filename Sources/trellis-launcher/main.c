// trellis-launcher starts, watches and ends every child process of the daemon. It is single-threaded, so that
// a fork is safe and "the parent has died" means this process, and it outlives the daemon just long enough to
// end everything: when the daemon's end of the socket closes, for whatever reason, it kills all its
// descendants.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "descendants.h"
#include "guard.h"
#include "protocol.h"

// Forty functions at the default maxInstancesCount of 100; full tables take 96 KiB.
enum { PROCESSES_MAX = 4096 };

// Taking a container away is some milliseconds of work, for a hundred of them at a time half a second.
enum { END_SECONDS_MAX = 5 };

struct process {
    uint64_t id;
    pid_t pid;   // 0 until it has started, and when it is reaped
    bool heard;  // its guard has said something
    bool killed; // by the daemon
    bool ended;  // the daemon knows
};

static int control;
static struct process processes[PROCESSES_MAX];
static int process_count;
// The control socket, the deaths of children, then the socket to the guard of processes[i].
enum { POLLED_CONTROL, POLLED_CHILDREN, POLLED_GUARDS };
static struct pollfd polled[POLLED_GUARDS + PROCESSES_MAX];

static void tell(struct event event) {
    // If the daemon is gone, the next poll says so.
    send(control, &event, sizeof event, MSG_NOSIGNAL);
}

static void refuse(uint64_t id, uint32_t stage, int error) {
    tell((struct event){.id = id, .kind = EVENT_FAILED, .stage = stage, .value = error});
}

// The index of the live process with this id, or -1.
static int find(uint64_t id) {
    for (int i = 0; i < process_count; i++) {
        if (processes[i].id == id && !processes[i].ended) {
            return i;
        }
    }
    return -1;
}

// Adds a process with the launcher's end of the socket to its guard.
static void add(uint64_t id, int socket) {
    processes[process_count] = (struct process){.id = id};
    polled[POLLED_GUARDS + process_count] = (struct pollfd){.fd = socket, .events = POLLIN};
    process_count += 1;
}

// Whether a process with this id can be added; if not, the daemon is told.
static bool has_room(uint64_t id) {
    if (find(id) >= 0) {
        refuse(id, STAGE_REQUEST, EEXIST);
        return false;
    }
    if (process_count == PROCESSES_MAX) {
        refuse(id, STAGE_FORK, EAGAIN);
        return false;
    }
    return true;
}

static void start(uint64_t id, char *plan, size_t plan_size, const int *descriptors, int descriptor_count) {
    if (!has_room(id)) {
        return;
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        refuse(id, STAGE_FORK, errno);
        return;
    }
    struct guard_task task = {
        .socket = ends[1],
        .descriptors = descriptors,
        .descriptor_count = descriptor_count,
        .plan = plan,
        .plan_size = plan_size,
    };
    pid_t guard = fork();
    if (guard == 0) {
        guard_run(&task);
    }
    int error = errno;
    close(ends[1]);
    if (guard < 0) {
        close(ends[0]);
        refuse(id, STAGE_FORK, error);
        return;
    }
    add(id, ends[0]);
}

// `guard` stays the caller's.
static void adopt(uint64_t id, int guard) {
    if (!has_room(id)) {
        return;
    }
    int socket = fcntl(guard, F_DUPFD_CLOEXEC, 0);
    if (socket < 0) {
        refuse(id, STAGE_FORK, errno);
        return;
    }
    add(id, socket);
}

static void signal_process(int index, int32_t number) {
    int guard = polled[POLLED_GUARDS + index].fd;
    if (number == SIGKILL) {
        processes[index].killed = true;
        shutdown(guard, SHUT_WR); // unlike a packet this can't fail for want of room
    } else {
        send(guard, &number, sizeof number, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void answer(char *request, size_t size, const int *descriptors, int descriptor_count) {
    struct request_header header = {.id = 0};
    if (size < sizeof header) {
        refuse(header.id, STAGE_REQUEST, EBADMSG);
        return;
    }
    memcpy(&header, request, sizeof header);
    uint32_t number_max = (uint32_t)SIGRTMAX;
    if (header.kind == REQUEST_START) {
        start(header.id, request + sizeof header, size - sizeof header, descriptors, descriptor_count);
    } else if (header.kind == REQUEST_ADOPT && size == sizeof header && descriptor_count == 1) {
        adopt(header.id, descriptors[0]);
    } else if (header.kind == REQUEST_SIGNAL && size == sizeof header && header.number <= number_max) {
        // One that has just ended is no error: the daemon can't know yet.
        int index = find(header.id);
        if (index >= 0) {
            signal_process(index, (int32_t)header.number);
        }
    } else {
        refuse(header.id, STAGE_REQUEST, EBADMSG);
    }
}

// Receives and answers one request. False at the end of the connection.
static bool serve(void) {
    static char request[REQUEST_BYTES_MAX];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } attached;
    struct iovec part = {.iov_base = request, .iov_len = sizeof request};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &attached,
        .msg_controllen = sizeof attached,
    };
    ssize_t size = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) {
        return size < 0 && errno == EINTR;
    }
    int descriptors[DESCRIPTORS_MAX + 1]; // padding has room for one more than is asked for
    int descriptor_count = 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        size_t bytes = header->cmsg_len - CMSG_LEN(0);
        memcpy(descriptors, CMSG_DATA(header), bytes);
        descriptor_count = (int)(bytes / sizeof(int));
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || descriptor_count > DESCRIPTORS_MAX) {
        // Too long, or the launcher has no room for the descriptors.
        uint64_t id = 0;
        memcpy(&id, request, (size_t)size < sizeof id ? (size_t)size : sizeof id);
        refuse(id, STAGE_REQUEST, message.msg_flags & MSG_TRUNC ? EMSGSIZE : EMFILE);
    } else {
        answer(request, (size_t)size, descriptors, descriptor_count);
    }
    for (int i = 0; i < descriptor_count; i++) {
        close(descriptors[i]);
    }
    return true;
}

// Passes one event of processes[index] on, or replaces the entry by the last one when its guard has ended.
static void hear(int index) {
    struct process *process = &processes[index];
    struct pollfd *guard = &polled[POLLED_GUARDS + index];
    struct event event;
    if (recv(guard->fd, &event, sizeof event, 0) == sizeof event) {
        event.id = process->id;
        process->heard = true;
        process->ended = event.kind != EVENT_STARTED;
        process->pid = event.pid;
        tell(event);
        return;
    }
    close(guard->fd);
    if (!process->heard && !process->killed) {
        refuse(process->id, STAGE_GUARD, ECHILD);
    } else if (!process->ended) {
        // Somebody has killed the guard. The process died with it, unless an OCI runtime had started it. Nobody
        // but its guard and we could reap it, so its id is still its own.
        if (process->pid > 0) {
            kill(process->pid, SIGKILL);
        }
        tell((struct event){.id = process->id, .kind = EVENT_EXITED, .value = SIGKILL});
    }
    process_count -= 1;
    *process = processes[process_count];
    *guard = polled[POLLED_GUARDS + process_count];
}

// Reaps guards, and what has lost its guard.
static void reap(int children) {
    struct signalfd_siginfo signal;
    ssize_t ignored = read(children, &signal, sizeof signal);
    (void)ignored;
    for (pid_t pid = waitpid(-1, NULL, WNOHANG); pid > 0; pid = waitpid(-1, NULL, WNOHANG)) {
        for (int i = 0; i < process_count; i++) {
            processes[i].pid = processes[i].pid == pid ? 0 : processes[i].pid;
        }
    }
}

// Gives the launcher its own low descriptors, so that a guard can put a process's outputs there without ever
// overwriting one that it still needs. All but standard input vanish in the exec unless they are replaced.
static bool reserve_descriptors(void) {
    close_range(CONTROL_DESCRIPTOR + 1, ~0U, 0);
    control = fcntl(CONTROL_DESCRIPTOR, F_DUPFD_CLOEXEC, DESCRIPTORS_RESERVED);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (control < 0 || null < 0) {
        return false;
    }
    for (int descriptor = 0; descriptor < DESCRIPTORS_RESERVED; descriptor++) {
        if (descriptor != STDERR_FILENO || fcntl(descriptor, F_GETFD) < 0) {
            dup3(null, descriptor, O_CLOEXEC);
        }
    }
    fcntl(STDIN_FILENO, F_SETFD, 0);
    fcntl(STDERR_FILENO, F_SETFD, FD_CLOEXEC); // the launcher's own, for perror and sanitizers
    return true;
}

// Lets every guard end what is below it, and clean up after a container, for as long as that may take.
static void end_guards(void) {
    for (int i = 0; i < process_count; i++) {
        signal_process(i, SIGKILL);
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    time_t deadline = now.tv_sec + END_SECONDS_MAX;
    while (process_count > 0 && now.tv_sec < deadline) {
        if (poll(&polled[POLLED_GUARDS], (nfds_t)process_count, 100) > 0) {
            for (int i = process_count - 1; i >= 0; i--) {
                if (polled[POLLED_GUARDS + i].revents != 0) {
                    hear(i);
                }
            }
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
}

int main(int argument_count, char **arguments) {
    setsid(); // Ctrl-C on the daemon's terminal is the daemon's
    // Only the daemon ends the launcher. Signals are blocked rather than ignored, so that the dispositions
    // are the defaults already when a child executes.
    for (int number = 1; number <= SIGRTMAX; number++) {
        signal(number, SIG_DFL);
    }
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    // A process of the same user shall not be able to take the socket out of us (ptrace, pidfd_getfd).
    prctl(PR_SET_DUMPABLE, 0);
    if (argument_count == 3 && strcmp(arguments[1], "guard") == 0) {
        guard_adopt((pid_t)strtol(arguments[2], NULL, 10));
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !reserve_descriptors()) {
        perror("trellis-launcher");
        return EXIT_FAILURE;
    }
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    int children = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    polled[POLLED_CONTROL] = (struct pollfd){.fd = control, .events = POLLIN};
    polled[POLLED_CHILDREN] = (struct pollfd){.fd = children, .events = POLLIN};
    for (bool connected = children >= 0; connected;) {
        if (poll(polled, (nfds_t)(POLLED_GUARDS + process_count), -1) < 0) {
            continue; // interrupted by a stop and its continuation
        }
        // Backwards, because the last entry moves into the place of a removed one.
        for (int i = process_count - 1; i >= 0; i--) {
            if (polled[POLLED_GUARDS + i].revents != 0) {
                hear(i);
            }
        }
        if (polled[POLLED_CHILDREN].revents != 0) {
            reap(children);
        }
        connected = polled[POLLED_CONTROL].revents == 0 || serve();
    }
    end_guards();
    descendants_kill();
    return EXIT_SUCCESS;
}
