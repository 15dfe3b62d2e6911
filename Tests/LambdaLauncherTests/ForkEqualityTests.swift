import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import LambdaLauncher

/// Tells all that could differ between a fork and a process that was started anew.
private let report = """
    import json, locale, logging, os, resource, signal, site, socket, stat, sys, threading, time, traceback

    def kind(descriptor):
        try:
            return stat.filemode(os.fstat(descriptor).st_mode)
        except OSError:
            return None

    def status(*names):
        with open('/proc/self/status') as lines:
            return [line for line in lines if line.split(':')[0] in names]

    report = {
        'arguments': sys.argv, 'original arguments': getattr(sys, 'orig_argv', None),
        'main': sorted(vars(sys.modules['__main__'])), 'main file': sys.modules['__main__'].__file__,
        'variables': dict(os.environ), 'folder': os.getcwd(), 'path': sys.path, 'flags': str(sys.flags),
        'executable': [sys.executable, sys.prefix, sys.exec_prefix],
        'site': [site.ENABLE_USER_SITE, site.USER_SITE, site.USER_BASE],
        'descriptors': [kind(number) for number in range(64)], 'input': os.readlink('/proc/self/fd/0'),
        'inheritable': [os.get_inheritable(number) for number in range(7)],
        'signals': [str(signal.getsignal(number)).split(' at ')[0] for number in range(1, signal.NSIG)],
        'mask': [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
        'status': status('SigBlk', 'SigIgn', 'SigCgt', 'Uid', 'Gid', 'Groups', 'NoNewPrivs', 'Threads',
                         'Name', 'CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd', 'Umask'),
        'session': [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
        'limits': [resource.getrlimit(number) for number in range(16)],
        'locale': [locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding()],
        'streams': [[str(type(each)), each.encoding, each.errors, each.line_buffering]
                    for each in (sys.stdin, sys.stdout, sys.stderr)],
        'log': [logging.root.level, [str(type(each)) for each in logging.root.handlers],
                logging.getLevelName(5)],
        'loggers': [name for name in logging.root.manager.loggerDict if 'rehears' in name],
        'classes': [str(each) for each in object.__subclasses__() + Exception.__subclasses__()
                    if 'rehears' in each.__module__],
        'time zone': [time.tzname, time.timezone],
        'stack': [[frame.filename, frame.name] for frame in traceback.extract_stack()
                  if 'importlib' not in frame.filename],
        'threads': [each.name for each in threading.enumerate()],
        'main thread': threading.main_thread().ident == threading.get_ident(),
        'core': [getattr(sys.modules['greengrass_common.env_vars'], 'AUTH_TOKEN'),
                 vars(sys.modules['greengrass_ipc_python_sdk.ipc_client'].IPCClient())],
        'timeout': socket.getdefaulttimeout(),
        'own module': [__name__, __file__],
        'extra': os.environ.get('EXTRA') and __import__(os.environ['EXTRA']).__file__,
    }
    print('lambda_fork_server' in sys.modules)
    print(json.dumps(report, sort_keys=True, default=str))
    sys.stdout.flush()
    os._exit(0)
    """

/// A start that a fork can make, or for which it must execute Python anew.
private struct Start: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var isForked = true
    var arguments: [String] = []
    var environment: [String: String] = [:]
    var files: [String: String] = [:]
    var user: UserIdentity?

    static let all = [
        Start(testDescription: "nothing special"),
        Start(testDescription: "execArgs", arguments: ["--verbose", "ä b", ""]),
        Start(
            testDescription: "variables",
            environment: ["TZ": "Asia/Tokyo", "LINES": "é\n", "LC_TIME": "C", "TOKEN": "A=B=C"]
        ),
        Start(testDescription: "a token", environment: ["AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"]),
        Start(testDescription: "no log", environment: ["_GG_LOG_FD_INFO": "x", "LOG_LEVEL": "DEBUG"]),
        Start(
            testDescription: "PYTHONPATH",
            environment: ["PYTHONPATH": "more:/no/such/folder::more:.:/usr/games", "EXTRA": "extra"],
            files: ["more/extra.py": ""]
        ),
        Start(
            testDescription: "the SDK",
            environment: ["PYTHONPATH": "packages", "EXTRA": "greengrasssdk.client"],
            files: ["packages/greengrasssdk/__init__.py": "", "packages/greengrasssdk/client.py": ""]
        ),
        Start(testDescription: "a module that the runtime hides", files: ["json.py": "raise ImportError"]),
        Start(
            testDescription: "a module named like one that the server has",
            isForked: false,
            environment: ["EXTRA": "urllib"],
            files: ["urllib.py": ""]
        ),
        Start(
            testDescription: "a module that replaces one of Python's",
            isForked: false,
            environment: ["PYTHONPATH": "more", "EXTRA": "hashlib"],
            files: ["more/hashlib.py": ""]
        ),
        Start(
            testDescription: "sitecustomize",
            isForked: false,
            environment: ["PYTHONPATH": "more"],
            files: ["more/sitecustomize.py": "import os; os.environ['SITE'] = 'customized'"]
        ),
        Start(testDescription: "another language", isForked: false, environment: ["LANG": "C"]),
        Start(testDescription: "a C locale", isForked: false, environment: ["LC_ALL": "C"]),
        Start(testDescription: "an option of Python", isForked: false, environment: ["PYTHONOPTIMIZE": "2"]),
        Start(testDescription: "a fixed hash seed", isForked: false, environment: ["PYTHONHASHSEED": "1"]),
        Start(testDescription: "a linker's", isForked: false, environment: ["LD_BIND_NOW": "1"]),
    ]
}

@Suite("A fork and a process that was started anew (real processes)", .timeLimit(.minutes(2)))
struct ForkEqualityTests {
    /// Whether the process was forked, and its report.
    private func run(_ plan: LaunchPlan, _ launcher: ProcessLauncher) async throws -> [String] {
        let (lines, end) = try await launcher.run(plan).finish()
        #expect(end == .exited(code: 0), "\(lines.map(\.text))")
        try #require(lines.count == 2, "\(lines.map(\.text))")
        return lines.map(\.text)
    }

    @Test("are alike to the function", arguments: Start.all, PythonFunction.interpreters)
    private func likeness(start: Start, interpreter: String) async throws {
        let function = try PythonFunction(report, start.files, interpreter: interpreter)
        let users = function.isForEverybody && geteuid() == 0 ? [nil, PythonFunction.somebody] : [nil]
        try await withLauncher(makeLauncher(openFileLimit: 999)) { launcher async throws in
            for user in users {
                let reports = try await [false, true].mapInOrder { isFast in
                    try await run(
                        function.plan(
                            isFast: isFast,
                            arguments: start.arguments,
                            environment: start.environment,
                            user: user
                        ),
                        launcher
                    )
                }
                #expect(reports.map(\.[0]) == ["False", start.isForked ? "True" : "False"])
                #expect(reports[0][1] == reports[1][1])
            }
        }
    }
}

extension Array {
    /// One after the other.
    fileprivate func mapInOrder<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self {
            results.append(try await body(element))
        }
        return results
    }
}
