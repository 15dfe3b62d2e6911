"""Writes results as Markdown tables and draws them as SVG. `run.py` uses it."""

import math
import re
from xml.sax.saxutils import escape

import spool as spool_speed


def nanoseconds(value):
    """A time in the unit that suits it."""
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if value >= 10 * size:
            return f"{value / size:,.0f} {unit}"
        if value >= size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:,.0f} ns" if value >= 100 else f"{value:.1f} ns"


def latencies(row):
    """A scenario's rate and percentiles in one line."""
    percentiles = ", ".join(f"{name} {nanoseconds(row[name])}" for name in ("p50", "p99", "p99.9"))
    return f"{row['publishes_per_second']:,.0f}/s; at 70 % of that {percentiles}"


def requests(row):
    """Trellis' rate and times under a load, and the ratios to the bare server, in one line."""
    ours, ratio = row["ours"], row["ratio"]
    return (
        f"{ours['rate']:,.0f}/s, p50 {ours['p50']:.0f} µs, p99 {ours['p99']:.0f} µs, CPU {ours['cpu']:.0f} µs; "
        f"to a bare server: rate {ratio['rate']:.2f}, p50 {ratio['p50']:.2f}, p99 {ratio['p99']:.2f}, "
        f"CPU {ratio['cpu']:.2f}"
    )


def hops(row):
    """A second hop's rate and times in one line."""
    return f"{row['rate']:,.0f}/s, p50 {row['p50']:.0f} µs, p99 {row['p99']:.0f} µs"


def table(header, rows):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def ratio(value):
    return f"{value:,.2f}"


def circumstances(results):
    return (
        f"Measured on {results['date']} at commit {results['commit']}, on {results['cores']} cores of "
        f"{results['cpu']} shared with other programs (load {results['load']}), seed {results['seed']}.\n"
    )


def match(results):
    rows = [
        [f"`{row['workload']}`", nanoseconds(row["ours"]), nanoseconds(row["floor"]), ratio(row["ratio"])]
        for row in results["match"]
    ]
    return table(["workload", "Trellis", "floor", "ratio"], rows) + (
        f"\nPinning the reader for each match costs {nanoseconds(results['pin'])} more. Checking a filter of "
        f"`w5`, before it is subscribed to, takes {nanoseconds(results['filter_check'])} and is not counted.\n"
    )


def memory(results):
    rows = [[f"`{row['filters']}`", f"{row['ours']:.0f}", f"{row['floor']:.0f}"] for row in results["memory"]]
    return table(["bytes a subscription", "Trellis", "floor"], rows)


# In words, which are about the filters of RouterComparison and about its topics.
HOSTILE_TOPICS = {
    "w2": "the topics of `w2`",
    "w4": "the topics of `w4`: no match",
    "levels": "a topic of 1,000 levels",
    "bytes": "65,535 bytes in one level",
    "separators": "65,535 times `/`",
    "maze": "all ways to a level of 65,000 bytes",
}


def hostile(results):
    rows = []
    for row in results["hostile"]:
        filters, topics = row["workload"].split(".")
        times = [nanoseconds(row[key]) for key in ("calm", "ours", "trie")]
        rows.append([f"{filters}: {HOSTILE_TOPICS[topics]}", *times, ratio(row["ratio"])])
    return table(["filters: topics", "Trellis without them", "with them", "plain trie", "ratio"], rows)


def readers(results):
    counts = map(str, range(1, results["cores"] + 1))
    rows = [[f"`{workload}`", *map(ratio, speed_ups)] for workload, speed_ups in results["readers"].items()]
    return table(["readers; times as much as one", *counts], rows)


def writer(results):
    row = results["writer"]
    return (
        f"A match takes {row['slow_down']:.2f} times as long during {row['changes_per_second']:,.0f} changes "
        "a second.\n"
    )


# The best other engine's time for each workload, without and with a hit in its cache, and the floor's: measured
# on another machine, with the same data.
PEERS = {
    "w1_1k.uni": (348, 79, 36),
    "w1_100k.uni": (1_611, None, 189),
    "w1_1m.uni": (2_757, None, 237),
    "w2": (3_989, None, 560),
    "w3": (2_635, 662, 159),
    "w4": (269, None, 372),
    "w5": (3_404, None, 385),
}
PEER_BYTES, PEER_FLOOR_BYTES = 191, 86


def peers(results):
    ratios = {row["workload"]: row["ratio"] for row in results["match"]}
    rows = []
    for workload, (time, cached, floor) in PEERS.items():
        times, multiples = f"{time:,} ns", f"{time / floor:.1f}"
        if cached:
            times += f"; from its cache {cached} ns"
            multiples += f"; {cached / floor:.1f}"
        rows.append([f"`{workload}`", times, f"{floor} ns", multiples, ratio(ratios[workload])])
    mixed = next(row for row in results["memory"] if row["filters"] == "w2.filters")
    multiple = f"{PEER_BYTES / PEER_FLOOR_BYTES:.1f}"
    ours = f"{ratio(mixed['ours'] / mixed['floor'])}; {mixed['ours']:.0f} bytes"
    rows.append(["bytes a subscription", f"{PEER_BYTES}", f"{PEER_FLOOR_BYTES}", multiple, ours])
    return table(["workload", "best other engine", "floor there", "times the floor", "Trellis: times the floor here"], rows)


def broker(results):
    percentiles = ("p50", "p99", "p99.9")
    rows = [
        [
            row["scenario"],
            f"{row['publishes_per_second']:,.0f}",
            *(nanoseconds(row[name]) for name in percentiles),
        ]
        for row in results["broker"]
    ]
    return table(["publish", "a second", *percentiles], rows)


def http(results):
    rows = []
    for row in results["http"]:
        times = [
            f"{nanoseconds(row['ours'][key] * 1e3)} ({ratio(row['ratio'][key])})" for key in ("p50", "p99", "cpu")
        ]
        rate = f"{row['ours']['rate']:,.0f} ({ratio(row['ratio']['rate'])})"
        rows.append([f"{row['connections']} connections", rate, *times])
    return table(["Trellis (times the bare server)", "requests a second", "p50", "p99", "CPU"], rows)


def hop(results):
    rows = [
        [
            f"{row['handler']}, {row['in_flight']} under way",
            f"{row['rate']:,.0f}",
            *(nanoseconds(row[key] * 1e3) for key in ("p50", "p99")),
        ]
        for row in results["hop"]
    ]
    return table(["second function", "messages a second", "p50", "p99"], rows)


def starts(results):
    found = results["starts"]
    names = {"naive": "naive", "plain": "started anew", "fast": "forked", "fast-user": "forked, another user"}
    rows = [
        [
            name,
            f"{found['milliseconds'][kind]:.1f} ms",
            ratio(found["ratio"].get(kind, 1)),
            f"{(found['private_kib'][kind] + found['private_kib'].get(kind + ' guard', 0)) / 1024:.1f} MiB",
        ]
        for kind, name in names.items()
        if kind in found["milliseconds"]
    ]
    return table(["start", "to the handler's first line", "times as fast", "private memory"], rows)


def containers(results):
    found = results["containers"]
    if not found:
        return "Not measured here: only root can start containers with limits everywhere.\n"
    names = {
        "naive": ("naive, without container", ""),
        "exec": ("started anew, without container", "1.00"),
        "unlimited": ("in a container without limits", "{} times the time without container"),
        "limited": ("in a container with limits", "{} times the time without container"),
        "spare": ("in a container made ahead", "{} times as fast as naive"),
    }
    rows = [
        [name, f"{found['milliseconds'][kind]:.1f} ms", words.format(ratio(found["ratio"].get(kind, 1)))]
        for kind, (name, words) in names.items()
    ]
    return table(["start", "to the handler's first line", "ratio"], rows)


def invocations(results):
    header = ["before each", "C server", "Trellis", "times the C server", "new connections", "times as fast as these"]
    rows = [
        [
            f"{row['pause']} ms idle" if row["pause"] else "no pause",
            nanoseconds(row["floor"] * 1e3),
            nanoseconds(row["kept"] * 1e3),
            ratio(row["to_floor"]),
            nanoseconds(row["new"] * 1e3),
            ratio(row["to_new"]),
        ]
        for row in results["invocations"]
    ]
    return table(header, rows)


def burst(results):
    found = results["burst"]
    rows = [
        ["all messages", f"{found['milliseconds']:.0f} ms"],
        ["what the cores need for the handlers alone", f"{found['least_milliseconds']:.0f} ms"],
        ["ratio", ratio(found["ratio"])],
        ["CPU of the function for a message", nanoseconds(found["handler_cpu"] * 1e3)],
        ["CPU of the daemon for a message", nanoseconds(found["daemon_cpu"] * 1e3)],
        ["CPU of the bare server for three requests", nanoseconds(found["bare_cpu"] * 1e3)],
    ]
    return table(["1,000 messages at once, 100 instances", ""], rows)


def loaded(results):
    found = results["loaded"]
    return (
        f"With {found['functions']:,} of them loaded, each takes {found['bytes'] / 1024:.1f} KiB of the daemon's "
        "memory, and no process.\n"
    )


def bridge(results):
    rows = []
    for row in results["bridge"]:
        ours, times = row["trellis"], row["ratio"]
        added = [f"{nanoseconds(ours[key] * 1e3)} ({ratio(times[key])})" for key in ("p50", "p99")]
        rows.append(
            [
                f"{row['direction']}, QoS {row['qos']}, {row['under_way']} under way",
                f"{ours['rate']:,.0f} ({ratio(times['rate'])})",
                # With many under way it is the queues that take the time.
                *(added if row["under_way"] == 1 else ["", ""]),
            ]
        )
    return table(["Trellis (times mosquitto's bridge)", "messages a second", "p50 added", "p99 added"], rows)


def spool(results):
    rows = spool_speed.table_rows(results["spool"])
    header = ["publishers", "messages a second", "rows a transaction", "times a plain loop", "NORMAL to FULL"]
    return f"In memory, from one thread: {results['spool']['memory']:,.0f} messages a second.\n\n" + table(header, rows)


IPC_LOADS = {
    "flow": "1 publisher, 1 subscriber, 64 under way",
    "round trip": "1 publisher, 1 subscriber, 1 under way",
    "fan-out": "1 publisher, 8 subscribers, 64 under way",
}


def ipc(results):
    found = results["ipc"]
    rows = []
    for row in found["loads"]:
        ours, times = row["ours"], row["ratio"]
        rate = f"{ours['deliveries']:,.0f} ({ratio(times['deliveries'])})"
        keys = ("response_p50", "response_p99", "event_p50", "event_p99", "cpu")
        cells = [f"{nanoseconds(ours[key] * 1e3)} ({ratio(times[key])})" for key in keys]
        rows.append([IPC_LOADS[row["load"]], rate, *cells])
    header = ["Trellis (times the bare server)", "deliveries a second", "answer p50", "p99", "event p50", "p99", "CPU"]
    fan_out, policy, stalled = found["loads"][-1], found["policy"]["ratio"], found["stalled"]["ratio"]
    c = fan_out["c"]["deliveries"]
    further = [
        ["a policy of 1,000 resources: the rate, times that with one", ratio(policy["publishes"])],
        ["the same: the CPU for a publish", ratio(policy["cpu"])],
        ["99 subscribers beside one that does not read: the rate, times that without it", ratio(stalled["publishes"])],
        ["the same: the median time to an event", ratio(stalled["event_p50"])],
        ["the same: the CPU for a publish", ratio(stalled["cpu"])],
        ["memory for a connection, of 10,000", f"{found['connection_bytes'] / 1024:.1f} KiB"],
        ["memory for a subscription, 10 on each of 1,000 connections", f"{found['subscription_bytes']:.0f} bytes"],
    ]
    return (
        f"{table(header, rows)}\nWith 8 subscribers the server in C makes {c:,.0f} deliveries a second, and Trellis "
        f"{ratio(fan_out['ours']['deliveries'] / c)} times as many.\n\n{table(['', ''], further)}"
    )


SECTIONS = [circumstances, match, memory, hostile, readers, writer, peers, broker, http, hop]
SECTIONS += [starts, containers, invocations, burst, loaded, bridge, spool, ipc]


def markdown(results):
    """All results, as tables."""
    return "\n".join(section(results) for section in SECTIONS)


def filled(page, results):
    """A page with each section of the results between its two marks."""
    for section in SECTIONS:
        marks = rf"(<!-- begin: {section.__name__} -->\n).*?(<!-- end -->)"
        page = re.sub(marks, lambda found: found[1] + section(results) + found[2], page, flags=re.DOTALL)
    return page


class Axis:
    """Where values lie along one side of a chart: their marks, with labels, from `start` to `end` pixels."""

    def __init__(self, title, marks, start, end, scale=lambda value: value):
        self.title = title
        self.marks = marks
        self.scale = scale
        self.start, self.end = start, end
        self.low, self.high = scale(marks[0][0]), scale(marks[-1][0])

    def at(self, value):
        share = (self.scale(value) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * min(max(share, 0), 1)


class Chart:
    """A line chart, as SVG."""

    WIDTH, HEIGHT = 640, 360
    LEFT, RIGHT, TOP, BOTTOM = 70, 610, 40, 310
    COLOURS = ["#0b6e99", "#c4501b", "#4d7c0f", "#7c3aed"]

    def __init__(self, title, x_title, x_marks, y_title, y_marks, x_scale=None, y_scale=None):
        same = lambda value: value
        self.x = Axis(x_title, x_marks, self.LEFT, self.RIGHT, x_scale or same)
        self.y = Axis(y_title, y_marks, self.BOTTOM, self.TOP, y_scale or same)
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.WIDTH} {self.HEIGHT}" '
            'font-family="sans-serif" font-size="12" fill="#222">',
            f'<rect width="{self.WIDTH}" height="{self.HEIGHT}" fill="#fff"/>',
            f'<text x="{self.LEFT}" y="22" font-size="14" font-weight="bold">{escape(title)}</text>',
        ]
        self.line_count = 0
        self.draw_axes()

    def draw_axes(self):
        for value, label in self.x.marks:
            x = self.x.at(value)
            self.parts.append(f'<path d="M{x:.1f} {self.TOP}V{self.BOTTOM}" stroke="#e5e5e5"/>')
            self.text(x, self.BOTTOM + 16, label, "middle")
        for value, label in self.y.marks:
            y = self.y.at(value)
            self.parts.append(f'<path d="M{self.LEFT} {y:.1f}H{self.RIGHT}" stroke="#e5e5e5"/>')
            self.text(self.LEFT - 8, y + 4, label, "end")
        self.text((self.LEFT + self.RIGHT) / 2, self.BOTTOM + 38, self.x.title, "middle")
        self.parts.append(
            f'<text transform="translate(16 {(self.TOP + self.BOTTOM) / 2}) rotate(-90)" '
            f'text-anchor="middle">{escape(self.y.title)}</text>'
        )

    def text(self, x, y, words, anchor="start"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, name, points, dashed=False):
        """Draws a line with its name in the legend."""
        colour = "#999" if dashed else self.COLOURS[self.line_count % len(self.COLOURS)]
        style = f'fill="none" stroke="{colour}" stroke-width="2"' + (' stroke-dasharray="5 4"' if dashed else "")
        path = "L".join(f"{self.x.at(x):.1f} {self.y.at(y):.1f}" for x, y in points)
        self.parts.append(f'<path d="M{path}" {style}/>')
        y = self.TOP + 16 + 18 * self.line_count
        self.parts.append(f'<path d="M{self.LEFT + 12} {y - 4}h22" {style}/>')
        self.text(self.LEFT + 40, y, name)
        self.line_count += 1

    def svg(self):
        return "\n".join([*self.parts, "</svg>\n"])


def latency_chart(rows):
    """How long the slowest share of publishes takes: time over percentile, both by powers of ten."""
    share_above = lambda percentile: -math.log10(max(1 - percentile / 100, 1e-9))
    highest = max(value for row in rows for _, value in row["percentiles"])
    chart = Chart(
        "Publishing at 70 % load, to the last subscriber",
        "percentile",
        [(0, "0"), (90, "90"), (99, "99"), (99.9, "99.9"), (99.99, "99.99")],
        "time",
        [
            (10**power, nanoseconds(10**power).replace(".0", ""))
            for power in range(2, math.ceil(math.log10(highest)) + 1)
        ],
        x_scale=share_above,
        y_scale=lambda value: math.log10(max(value, 1)),
    )
    for row in rows:
        points = [(percentile, value) for percentile, value in row["percentiles"] if percentile <= 99.99]
        chart.line(row["scenario"], points)
    return chart.svg()


def scaling_chart(rows):
    """How many times as much several readers match as one."""
    core_count = max(len(speed_ups) for speed_ups in rows.values())
    counts = range(1, core_count + 1)
    chart = Chart(
        "Readers that match at once",
        "readers, each on a core",
        [(count, str(count)) for count in counts],
        "times as much as one",
        [(value, str(value)) for value in range(core_count + 1)],
    )
    chart.line("as cores", [(count, count) for count in counts], dashed=True)
    for workload, speed_ups in rows.items():
        chart.line(workload, list(zip(counts, speed_ups)))
    return chart.svg()
