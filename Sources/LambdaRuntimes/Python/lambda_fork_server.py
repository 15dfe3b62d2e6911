"""Forks the instances of functions, so that they need not import again what they all import.

`lambda_runtime.py --fork-server=LAUNCHER` is one such server. It forks twice: the child becomes a guard, in
LAUNCHER, the C program that guards every process; the grandchild becomes the instance.

    server ── fork ──> guard ── fork ──> instance ── reads its plan, becomes it, runs the function
                         └──── execute trellis-launcher: watches the instance, reports to the daemon

One such pair is made ahead, and the daemon is given two sockets, to the guard and to the instance, through
which it starts them without the server. When there is none, the daemon sends the server the guard's socket to
itself and one from which the instance reads its plan. The server itself never sees a plan: it has one thread,
imports no code of functions, and holds no secret of theirs.
"""

import array
import ctypes
import errno
import fcntl
import gc
import logging
import os
import resource
import select
import signal
import site
import socket
import struct
import sys
import time

import lambda_rehearsal
import lambda_shared_code
from greengrass_common import env_vars

_HERE = os.path.dirname(os.path.realpath(__file__))
# Where the server finds its socket to the daemon: the third of its outputs.
CONTROL_DESCRIPTOR = 3
# Names the folder of the packages that functions share.
_PACKAGES_VARIABLE = 'TRELLIS_PACKAGES'
# What follows stands in the launcher's protocol.h, guard.h and plan.h.
REQUEST_BYTES_MAX = 128 * 1024
OUTPUTS_MAX = 6
GUARD_SOCKET = 7
GUARD_OUTCOME = 8
STAGE_REQUEST, STAGE_FORK, STAGE_LIMITS, STAGE_USER, STAGE_DIRECTORY, STAGE_EXECUTE = range(1, 7)
_REQUEST_HEADER = struct.Struct('=QII')
_PLAN_HEADER = struct.Struct('=8I')
_LIMIT = struct.Struct('=QQQ')
_FAILURE = struct.Struct('=Ii')
# setresuid() takes it for "no change".
_NO_ID = 0xFFFFFFFF
# An instance opens fewer before it closes all that it should not have.
_DESCRIPTORS_MORE_MAX = 64
# A pair is made ahead when nothing was asked for so long: the instance that was started last comes first.
_QUIET_SECONDS = 0.02
# As often Python rewrites the code that it runs, which then no fork does any more.
_REHEARSALS = 20

# What functions and the SDKs import most.
COMMON_MODULES = (
    'base64 binascii bisect calendar collections.abc concurrent.futures contextlib copy csv dataclasses '
    'datetime decimal email.message email.parser email.utils encodings.idna enum functools glob hashlib '
    'heapq hmac http.client inspect itertools json logging.handlers math numbers operator pathlib platform '
    'pwd queue random re secrets select shlex shutil signal socket ssl statistics string struct subprocess '
    'tempfile textwrap threading time traceback typing urllib.parse urllib.request uuid warnings weakref '
    'zlib'
).split()

# What takes effect when a process or its Python starts, and so can't in a fork. PYTHONPATH can.
_START_VARIABLES = (b'LANG', b'LC_ALL', b'LC_CTYPE', b'GCONV_PATH', b'GLIBC_TUNABLES', b'LOCPATH')
_START_PREFIXES = (b'LD_', b'MALLOC_', b'OPENSSL_', b'PYTHON')

_prctl = ctypes.CDLL(None).prctl
_prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36


# For good: to free it would be to write to the count of references of each name in it.
_kept_instance = None


class Plan:
    """How a process is to be started, as in the launcher's plan.h."""

    def __init__(self, request):
        """Reads a request to start; raises OSError if it is malformed."""
        try:
            self._read(request)
        except (ValueError, struct.error):
            raise OSError(errno.EBADMSG, 'malformed plan') from None

    def _read(self, request):
        header = _PLAN_HEADER.unpack_from(request, _REQUEST_HEADER.size)
        self.changes_user, self.uid, self.gid, _, limit_count, argument_count, variable_count, _ = header
        offset = _REQUEST_HEADER.size + _PLAN_HEADER.size
        end = offset + limit_count * _LIMIT.size
        self.limits = list(_LIMIT.iter_unpack(request[offset:end]))
        strings = request[end:].split(b'\0')
        # The last one ends in a NUL byte, too.
        if strings.pop() or argument_count == 0 or len(strings) != 2 + argument_count + variable_count:
            raise ValueError
        self.executable, self.directory = strings[:2]
        self.arguments = strings[2:2 + argument_count]
        self.environment = dict(variable.split(b'=', 1) for variable in strings[2 + argument_count:])


def serve(launcher_path, runtime, runtime_modules):
    """Returns in each instance, which is then what its plan says; never in the server.

    `runtime` is the module of the main program, and `runtime_modules` are those that every start has
    imported before it looks into a function's folder.
    """
    gc.disable()  # memory that a collection had freed would be written to, and copied, in every fork
    for name in COMMON_MODULES:
        try:
            __import__(name)
        except ImportError:
            pass  # not every system has all of Python installed
    if _PACKAGES_VARIABLE in os.environ:
        lambda_shared_code.keep(os.path.abspath(os.environ[_PACKAGES_VARIABLE]))
    control = socket.socket(fileno=CONTROL_DESCRIPTOR)
    control.set_inheritable(False)
    launcher = os.open(launcher_path, os.O_PATH | os.O_CLOEXEC)
    # Nobody but root can look into the server and its forks.
    _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guards
    global _kept_instance
    _kept_instance = instance = Instance(control, runtime, runtime_modules)
    gc.freeze()
    rehearsals_left = _REHEARSALS
    has_offered = False
    while True:
        if not has_offered and not select.select([control], [], [], _QUIET_SECONDS)[0]:
            while rehearsals_left > 0 and not select.select([control], [], [], 0)[0]:
                instance.rehearse()
                rehearsals_left -= 1
            pair = _fork_pair(launcher, instance)
            if pair is instance:
                return
            has_offered = pair is not None and _send(control, pair)
        try:
            message, descriptors = _receive(control, 1, 2)
        except ConnectionResetError:
            message = b''  # the daemon has not even taken what it was offered
        if not message:
            os._exit(0)
        if len(descriptors) != 2:
            has_offered = False  # the daemon has used it
            continue
        report, plan = descriptors
        pair = _fork_pair(launcher, instance, plan)
        if pair is instance:
            return
        # When this fails, too, the daemon sees the socket close, and starts the instance otherwise.
        if pair is not None:
            _send(pair[0], [socket.socket(fileno=report)])
        else:
            os.close(report)


def _fork_pair(launcher, instance, plan=None):
    """Sockets to a guard and its instance, which wait; None if there is no room for more processes.

    With `plan`, a socket, the instance reads its plan there, and there is only the guard's. In the instance
    this returns `instance`, once it is what its plan says.
    """
    guard, guard_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    is_ahead = plan is None
    if is_ahead:
        ours, plan_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pair = [guard, ours]
    else:
        plan_end = socket.socket(fileno=plan)
        pair = [guard]
    with guard_end, plan_end:
        try:
            child = os.fork()
        except OSError:
            for each in pair:
                each.close()
            return None
        if child == 0:
            for each in pair:
                each.close()  # or the end of the daemon would not be their end
            _guard(launcher, guard_end.detach(), plan_end.detach(), instance, is_ahead)
            return instance
    return pair


def _send(connection, sockets):
    """Gives the sockets away; false if nobody takes them."""
    rights = array.array('i', [each.fileno() for each in sockets])
    try:
        connection.sendmsg([b'.'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    except OSError:
        return False
    finally:
        for each in sockets:
            each.close()
    return True


def _receive(connection, bytes_max, descriptors_max):
    descriptors = array.array('i')
    room = socket.CMSG_SPACE(descriptors_max * descriptors.itemsize)
    message, ancillary, _, _ = connection.recvmsg(bytes_max, room, socket.MSG_CMSG_CLOEXEC)
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data)
    return message, list(descriptors)


def _guard(launcher, report, plan, instance, is_ahead):
    """Forks the instance, in which this returns, and goes on as its guard in another program."""
    try:
        os.setsid()  # out of reach of what is sent to the server's group
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        outcome, outcome_write = os.pipe()
        guard = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(report)
            instance.become(guard, plan, outcome_write, is_ahead)
            return
        moved = [
            fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, GUARD_OUTCOME + 1) for each in (report, outcome, launcher)
        ]
        os.dup2(moved[0], GUARD_SOCKET)
        os.dup2(moved[1], GUARD_OUTCOME)
        os.execve(moved[2], ['trellis-launcher', 'guard', str(pid)], {})
    except BaseException:
        os._exit(1)  # and an instance dies with it


class Instance:
    """Turns a fork into what a start of its own would have made."""

    def __init__(self, control, runtime, runtime_modules):
        self._control = control
        self._runtime = runtime
        self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._variables = env_vars.__dict__
        self._variables_code = env_vars.__loader__.get_code(env_vars.__name__)
        self._environment = dict(os.environb)
        self._descriptors_max = max(map(int, os.listdir('/proc/self/fd'))) + _DESCRIPTORS_MORE_MAX
        self._program = [os.fsencode(sys.executable), os.fsencode(sys.argv[0])]
        self._rehearsed = _rehearsed_request(self._program, self._environment)
        self._real_paths = {path: os.path.realpath(path) for path in sys.path[1:]}
        self._runtime_modules = runtime_modules  # kept for good, as this is
        # A file of such a name would have been imported instead.
        all_modules = {name.partition('.')[0] for name in sys.modules}
        self._further_modules = all_modules - {name.partition('.')[0] for name in runtime_modules}
        self._all_modules = all_modules | {'sitecustomize', 'usercustomize'}

    def become(self, guard, source, outcome, is_ahead):
        """Returns as the process that the plan describes, or ends the process and tells what failed.

        The plan comes through the socket `source`.
        """
        self._control.close()
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Out of the way of those that take their numbers.
        source, outcome = (
            fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, OUTPUTS_MAX + 1) for each in (source, outcome)
        )
        if is_ahead:
            self._rehearse_plan()
            self.rehearse()
        request, outputs = _receive_plan(source)
        if not request:
            os._exit(0)  # nobody needs it any more
        stage = STAGE_REQUEST
        try:
            plan = Plan(request)
            _arrange(outputs)
            stage = STAGE_LIMITS
            for limit in plan.limits:
                _lower_limit(*limit)
            stage = STAGE_USER
            if plan.changes_user:
                _become_user(plan.uid, plan.gid)
            stage = STAGE_DIRECTORY
            os.chdir(plan.directory)
            # After the change of user, which clears both. The guard may have died before this took effect.
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
            if os.getppid() != guard:
                os._exit(1)
            stage = STAGE_EXECUTE
            self._execute(plan)
        except OSError as error:
            os.write(outcome, _FAILURE.pack(stage, error.errno))
            os._exit(1)
        # `outcome` is among them: that it closes tells the guard of the start.
        os.closerange(OUTPUTS_MAX + 1, self._descriptors_max)

    def _execute(self, plan):
        """Does what executing Python anew would do, and no more than that."""
        paths = self._take_variables(plan)
        if not self._is_ready_for(plan, paths):
            # Python ignores them.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            os.execve(plan.executable, plan.arguments, plan.environment)
        self._start(plan, paths)
        gc.enable()

    def rehearse(self):
        """Does it all for nobody, which copies the memory that it writes to before somebody waits."""
        plan = Plan(self._rehearsed)
        paths = self._take_variables(plan)
        self._is_ready_for(plan, paths)
        self._start(plan, paths)
        lambda_rehearsal.rehearse(self._runtime)
        os.environb.clear()
        gc.collect()
        gc.freeze()

    def _rehearse_plan(self):
        """Receives a plan; the outputs are then `/dev/null`."""
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            rights = array.array('i', [self._null] * OUTPUTS_MAX)
            far.sendmsg([self._rehearsed], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            request, outputs = _receive_plan(near.detach())
            _arrange(outputs)
            for limit in Plan(request).limits:
                _lower_limit(*limit)

    @staticmethod
    def _take_variables(plan):
        """Sets the environment, and returns the folders of its PYTHONPATH."""
        os.environb.clear()
        os.environb.update(plan.environment)
        return [os.path.abspath(path) for path in os.environ.get('PYTHONPATH', '').split(':') if path]

    def _start(self, plan, paths):
        sys.argv = [os.fsdecode(argument) for argument in plan.arguments[1:]]
        if hasattr(sys, 'orig_argv'):
            sys.orig_argv = [os.fsdecode(argument) for argument in plan.arguments]
        self._search(paths)
        time.tzset()
        logging._startTime = time.time_ns() if isinstance(logging._startTime, int) else time.time()
        exec(self._variables_code, self._variables)

    def _is_ready_for(self, plan, paths):
        """Whether nothing that the server has already done would have been done otherwise."""
        environment = plan.environment
        if [plan.executable, *plan.arguments[1:2]] != self._program:
            return False
        if not os.access(plan.executable, os.X_OK):
            return False  # the user may not, and is to be told so
        if any(environment.get(name) != self._environment.get(name) for name in _START_VARIABLES):
            return False
        if any(name.startswith(_START_PREFIXES) and name != b'PYTHONPATH' for name in environment):
            return False
        if any(_names(path) & self._all_modules for path in paths) or _names('.') & self._further_modules:
            return False
        site.USER_BASE = site.USER_SITE = None  # which depend on the environment
        return not (site.ENABLE_USER_SITE and os.path.exists(site.getusersitepackages()))

    def _search(self, paths):
        """Puts PYTHONPATH where Python and the runtime would have put it."""
        hidden = (_HERE, os.path.realpath(os.getcwd()))
        found = dict.fromkeys(path for path in paths if os.path.realpath(path) not in hidden)
        found.update((path, None) for path, real in self._real_paths.items() if real not in hidden)
        sys.path[1:] = found


def _rehearsed_request(arguments, environment):
    further = lambda_rehearsal.variables()
    # Without a home it is looked up, which takes longer.
    variables = [b'='.join(each) for each in {**environment, **further}.items() if each[0] != b'HOME']
    strings = [arguments[0], b'/', *arguments, *variables, b'']
    unlimited = resource.RLIM_INFINITY % 2**64
    limits = [(number, unlimited, unlimited) for number in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)]
    header = _PLAN_HEADER.pack(0, 0, 0, 0, len(limits), len(arguments), len(variables), 0)
    head = bytes(_REQUEST_HEADER.size) + header + b''.join(_LIMIT.pack(*limit) for limit in limits)
    return head + b'\0'.join(strings)


def _receive_plan(source):
    """The request, and the outputs, out of the way of those that take their numbers."""
    with socket.socket(fileno=source) as connection:
        request, outputs = _receive(connection, REQUEST_BYTES_MAX, OUTPUTS_MAX)
    return request, [fcntl.fcntl(output, fcntl.F_DUPFD_CLOEXEC, OUTPUTS_MAX + 1) for output in outputs]


def _arrange(outputs):
    """Makes the outputs the descriptors 1, 2, …"""
    os.closerange(1, OUTPUTS_MAX + 1)
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)


def _lower_limit(number, soft, hard):
    present = resource.getrlimit(number)
    unlimited = resource.RLIM_INFINITY % 2**64  # which the module calls -1
    hard = min(hard, present[1] % 2**64)
    soft = min(soft, hard)
    lowered = tuple(resource.RLIM_INFINITY if limit == unlimited else limit for limit in (soft, hard))
    if lowered != present:
        resource.setrlimit(number, lowered)


def _become_user(uid, gid):
    if _NO_ID in (uid, gid):
        raise OSError(errno.EINVAL, 'no user or group')
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _names(folder):
    """What could be imported from a folder, by its name; anything, if it is an archive."""
    try:
        return {name.partition('.')[0] for name in os.listdir(folder)}
    except FileNotFoundError:
        return set()
    except OSError:
        return {'sitecustomize'}
