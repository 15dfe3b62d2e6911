#!/usr/bin/env python3
"""Writes the filters and topics that the benchmarks match, and what a right engine finds in them.

    generate.py [--seed N]                   into the cache, unless they are there; prints the folder
    generate.py [--seed N] --into FOLDER     into FOLDER

Every file holds one topic filter or topic name a line. A filter's subscriber is its line number, counted
from 0. The same seed gives the same bytes, on every machine: all choices come from `random.Random`, whose
sequence Python keeps, so the order of the draws below is part of the format.

    file                      lines       what
    w1_1k.filters             1,000       exact filters of seven levels; w1_100k and w1_1m are alike
    w1_1k.uni, .zipf          200,000     topics drawn from them, evenly and by Zipf's law with s = 1
    w2.filters                100,000     70 % exact, 20 % with one '+', 10 % that end in '#'
    w2.topics, w2.zipf        100,000     topics that match one of them or more, evenly and by Zipf's law
    w3.filters, w3.topics     1,000 and 1 the same exact filter, and its topic: a fan-out
    w4.topics                 100,000     topics that match nothing in w2.filters
    w5.churn                  50,000      filters like those of w2, and none of them: they come and go
    oracle.csv                            for each pair of filters and topics: name, number of filters and
                                          topics, matches in one pass, the sum of the matched filters' line
                                          numbers, matches a topic (mean, least, most), mean levels and bytes
"""

import argparse
import bisect
import hashlib
import itertools
import os
import random
import shutil
import tempfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache"

QUANTITIES = ["temp", "pressure", "humidity", "vibration", "rpm", "current", "voltage", "state"]

# Sizes of the exact tables: factories, lines in each, sensors on each; every sensor has four quantities.
EXACT_TABLES = {"w1_1k": (10, 5, 5), "w1_100k": (50, 10, 50), "w1_1m": (100, 10, 250)}
EXACT_TOPIC_COUNT = 200_000

SITES, AREAS, CELLS, DEVICES, DEVICES_IN_CELL = 50, 10, 10, 50, 8
EXACT_COUNT, SINGLE_LEVEL_COUNT, MULTI_LEVEL_COUNT = 70_000, 20_000, 10_000
CHURN_COUNTS = (35_000, 10_000, 5_000)  # exact, with '+', with '#'
MIXED_TOPIC_COUNT = 100_000

FAN_OUT_TOPIC, FAN_OUT = "factory/12/line/3/sensor/77/temp", 1_000


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))


def zipf_ranks(rng, rank_count, draw_count):
    """Draws ranks from 0; rank r comes with a weight of 1 / (r + 1)."""
    weights = list(itertools.accumulate(1.0 / rank for rank in range(1, rank_count + 1)))
    return [bisect.bisect_left(weights, rng.random() * weights[-1]) for _ in range(draw_count)]


class Matcher:
    """The oracle: finds a topic's filters by trying every way to replace its levels by wildcards.

    The filters lie in nested dictionaries, a dictionary for each level. Under END are the line numbers of
    the filters that end there; no level can be that key, since levels are text.
    """

    END = None

    def __init__(self, filters):
        self.root = {}
        for number, topic_filter in enumerate(filters):
            branch = self.root
            for level in topic_filter.split("/"):
                branch = branch.setdefault(level, {})
            branch.setdefault(self.END, []).append(number)

    def matches(self, topic):
        """The line numbers of the filters that match.

        By the standard 'a/#' matches 'a' too. Some engines differ there, so that no workload may depend on
        it; this fails if one does.
        """
        found = []
        branches = [self.root]
        for level in topic.split("/"):
            below = []
            for branch in branches:
                found += branch.get("#", {}).get(self.END, [])
                below += [branch[key] for key in (level, "+") if key in branch]
            branches = below
        for branch in branches:
            assert "#" not in branch, f"a filter that ends in '#' matches its parent {topic}"
            found += branch.get(self.END, [])
        return found


class Oracle:
    """Collects the rows of oracle.csv."""

    def __init__(self):
        self.rows = []

    def add(self, name, filter_count, topics, matches, mean_format=".4f"):
        """Adds a row; `matches` gives the line numbers of the filters that match a topic."""
        totals = {topic: (len(found), sum(found)) for topic in set(topics) for found in [matches(topic)]}
        counts = [totals[topic][0] for topic in topics]
        checksum = sum(totals[topic][1] for topic in topics)
        mean_levels = sum(topic.count("/") + 1 for topic in topics) / len(topics)
        mean_bytes = sum(map(len, topics)) / len(topics)
        mean_count = format(sum(counts) / len(topics), mean_format)
        self.rows.append(
            f"{name},{filter_count},{len(topics)},{sum(counts)},{checksum},{mean_count},"
            f"{min(counts)},{max(counts)},{mean_levels:.2f},{mean_bytes:.1f}"
        )


def write_exact_tables(folder, seed, oracle):
    """w1: every filter is exact, and every topic matches one."""
    for name, (factories, lines, sensors) in EXACT_TABLES.items():
        rng = random.Random(20260101 + factories + 1000 * seed)
        filters = [
            f"factory/{factory}/line/{line}/sensor/{sensor}/{quantity}"
            for factory in range(factories)
            for line in range(lines)
            for sensor in range(sensors)
            for quantity in QUANTITIES[:4]
        ]
        rng.shuffle(filters)
        even = [filters[rng.randrange(len(filters))] for _ in range(EXACT_TOPIC_COUNT)]
        # The filters are shuffled already, so that a rank is as good as any filter.
        skewed = [filters[rank] for rank in zipf_ranks(rng, len(filters), EXACT_TOPIC_COUNT)]

        write_lines(folder / f"{name}.filters", filters)
        number = {topic_filter: [line] for line, topic_filter in enumerate(filters)}
        for kind, topics in (("uni", even), ("zipf", skewed)):
            write_lines(folder / f"{name}.{kind}", topics)
            oracle.add(f"{name}.{kind}", len(filters), topics, number.__getitem__, mean_format=".1f")


def mixed_universe():
    """Every topic that there is for w2, w4 and w5: four families, of five to eight levels."""
    topics = []
    for site in range(SITES):
        for device in range(DEVICES):
            topics += [f"site/{site}/dev/{device}/{quantity}" for quantity in QUANTITIES]
        for area in range(AREAS):
            for device in range(DEVICES):
                topics += [f"site/{site}/area/{area}/{device}/{quantity}" for quantity in QUANTITIES[:5]]
                topics += [f"plant/{site}/line/{area}/dev/{device}/{quantity}" for quantity in QUANTITIES[:5]]
        for area, cell, device in itertools.product(range(AREAS), range(CELLS), range(DEVICES_IN_CELL)):
            topics += [
                f"org/{site}/area/{area}/cell/{cell}/dev{device}/{quantity}" for quantity in QUANTITIES[:4]
            ]
    return topics


class WildcardFilters:
    """Draws filters with wildcards, each only once."""

    # Where a '+' makes sense: the levels that vary, by the number of levels of the family.
    VARYING_LEVELS = {5: [1, 3, 4], 6: [1, 3, 4, 5], 7: [1, 3, 5, 6], 8: [1, 3, 5, 6, 7]}

    def __init__(self, rng, universe):
        self.rng = rng
        self.universe = universe
        self.drawn = set()

    def draw(self, make, count):
        """`count` new filters, by `single_level` or `multi_level`."""
        filters = []
        while len(filters) < count:
            levels = self.universe[self.rng.randrange(len(self.universe))].split("/")
            topic_filter = "/".join(make(levels))
            if topic_filter not in self.drawn:
                self.drawn.add(topic_filter)
                filters.append(topic_filter)
        return filters

    def single_level(self, levels):
        """One varying level becomes '+'."""
        varying = self.VARYING_LEVELS[len(levels)]
        levels[varying[self.rng.randrange(len(varying))]] = "+"
        return levels

    def multi_level(self, levels):
        """At least three levels stay, and at least one gives way to '#'."""
        return levels[: self.rng.randrange(3, len(levels))] + ["#"]


def missing_topics(rng, universe, matcher):
    """Topics that match nothing: a quarter of the draws misses at the first level, the others further down."""
    topics = []
    while len(topics) < MIXED_TOPIC_COUNT:
        levels = universe[rng.randrange(len(universe))].split("/")
        if rng.random() < 0.25:
            levels[0] = f"x{rng.randrange(1_000)}"
        else:
            level = rng.randrange(1, len(levels))
            levels[level] = f"q{rng.randrange(100_000)}"
        topic = "/".join(levels)
        if not matcher.matches(topic):
            topics.append(topic)
    return topics


def write_mixed_tables(folder, seed, oracle):
    """w2, w4 and w5: filters with and without wildcards, and topics that match them, or don't."""
    rng = random.Random(777 + seed)
    universe = mixed_universe()
    rng.shuffle(universe)
    exact, spare = universe[:EXACT_COUNT], universe[EXACT_COUNT : 2 * EXACT_COUNT]
    wildcards = WildcardFilters(rng, universe)
    filters = (
        exact
        + wildcards.draw(wildcards.single_level, SINGLE_LEVEL_COUNT)
        + wildcards.draw(wildcards.multi_level, MULTI_LEVEL_COUNT)
    )
    rng.shuffle(filters)
    write_lines(folder / "w2.filters", filters)
    matcher = Matcher(filters)

    topics = []
    for _ in range(MIXED_TOPIC_COUNT):
        # Half of the topics have an exact filter for certain.
        pool = exact if rng.random() < 0.5 else universe
        topics.append(pool[rng.randrange(len(pool))])
    write_lines(folder / "w2.topics", topics)
    oracle.add("w2", len(filters), topics, matcher.matches)

    skewed = [topics[rank] for rank in zipf_ranks(rng, len(topics), MIXED_TOPIC_COUNT)]
    write_lines(folder / "w2.zipf", skewed)
    oracle.add("w2z", len(filters), skewed, matcher.matches)

    missing = missing_topics(rng, universe, matcher)
    write_lines(folder / "w4.topics", missing)
    oracle.add("w4", len(filters), missing, matcher.matches)

    exact_count, single_level_count, multi_level_count = CHURN_COUNTS
    churn = (
        spare[:exact_count]
        + wildcards.draw(wildcards.single_level, single_level_count)
        + wildcards.draw(wildcards.multi_level, multi_level_count)
    )
    rng.shuffle(churn)
    write_lines(folder / "w5.churn", churn)


def write_fan_out(folder, oracle):
    """w3: one filter, many subscribers."""
    filters = [FAN_OUT_TOPIC] * FAN_OUT
    write_lines(folder / "w3.filters", filters)
    write_lines(folder / "w3.topics", [FAN_OUT_TOPIC])
    oracle.add("w3", len(filters), [FAN_OUT_TOPIC], Matcher(filters).matches)


def generate(folder, seed):
    """Writes every file into `folder`, which exists."""
    oracle = Oracle()
    write_exact_tables(folder, seed, oracle)
    write_mixed_tables(folder, seed, oracle)
    write_fan_out(folder, oracle)
    write_lines(folder / "oracle.csv", oracle.rows)


def cached(seed):
    """The folder in the cache with the files for `seed`, made if it is not there.

    Its name holds a hash of this program, so that another version never finds these files. It is filled
    under another name and then renamed: a folder by this name is complete, even if two programs made it at
    the same time.
    """
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder = CACHE / f"seed-{seed}-{version}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=CACHE, prefix="unfinished-"))
    try:
        generate(unfinished, seed)
        try:
            os.rename(unfinished, folder)
        except OSError:
            if not folder.is_dir():  # else somebody else was faster
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def main():
    parser = argparse.ArgumentParser(description="Writes the benchmarks' workloads.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="instead of the cache")
    options = parser.parse_args()
    if options.into:
        options.into.mkdir(parents=True, exist_ok=True)
        generate(options.into, options.seed)
    else:
        print(cached(options.seed))


if __name__ == "__main__":
    main()
