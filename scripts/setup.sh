#!/usr/bin/env bash
# Installs what Trellis needs to build, run and test, and only what is missing.
# Safe to run at any time; with nothing missing it changes nothing and takes well under a second.
#
#     scripts/setup.sh         for everything but
#     scripts/setup.sh counts  what `make counts` needs besides
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift_needed=6.3
sdks=(greengrasssdk-1.6.1 awsiotsdk-1.31.0)
sdk_folder=.trellis/python

# Debian puts daemons where a normal user's PATH may not look.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
has() { command -v "$1" >/dev/null; }

check_swift() {
    local advice="Install Swift $swift_needed or newer from https://www.swift.org/install/linux/ and run this again."
    has swift || fail "There is no 'swift' on the PATH." "$advice"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] || fail "'swift --version' names no version." "$advice"
    [ "$(printf '%s\n' "$swift_needed" "$version" | sort -V | head -n 1)" = "$swift_needed" ] ||
        fail "Swift $version is too old." "$advice"
}

wanted=${1:-everything}
packages=()
reasons=()
need() {
    packages+=("$1")
    reasons+=("$1: $2")
}

collect_missing_packages() {
    if [ "$wanted" = counts ] && [ "$(uname -m)" = x86_64 ]; then
        { has valgrind && [ -e /usr/include/valgrind/callgrind.h ]; } || need valgrind "counts instructions"
    fi
    has pkg-config || need pkg-config "tells the Swift build where the C libraries are"
    if ! { pkg-config --exists libmosquitto 2>/dev/null || [ -e /usr/include/mosquitto.h ]; }; then
        need libmosquitto-dev "the MQTT client library of the bridge to the cloud"
    fi
    if ! { pkg-config --exists libzip 2>/dev/null || [ -e /usr/include/zip.h ]; }; then
        need libzip-dev "unpacks the archives that functions' code comes in"
    fi
    if ! { pkg-config --exists libdeflate 2>/dev/null || [ -e /usr/include/libdeflate.h ]; }; then
        need libdeflate-dev "computes the checksums of the Greengrass IPC"
    fi
    if ! { pkg-config --exists sqlite3 2>/dev/null || [ -e /usr/include/sqlite3.h ]; }; then
        need libsqlite3-dev "keeps dead letters and waiting work over restarts"
    fi
    has mosquitto || need mosquitto "the private broker that stands in for the cloud"
    has mosquitto_sub || need mosquitto-clients "to look at the broker's traffic from outside, in the README and the tests"
    has crun || has runc || need crun "makes the containers that functions run in"
    has python3 || need python3 "runs the functions"
    if [ -n "$(missing_sdks)" ] && ! python3 -m pip --version >/dev/null 2>&1; then
        need python3-pip "fetches the SDKs that the examples and tests use"
    fi
}

install_packages() {
    say "These packages are missing:"
    printf '  %s\n' "${reasons[@]}"
    local by_hand="Install by hand what they provide, then run this again."
    has apt-get || fail "This machine has no apt-get. $by_hand"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || fail "Installing needs root, and there is no sudo. As root, run:" \
            "  apt-get update && apt-get install --no-install-recommends ${packages[*]}"
        as_root=(sudo)
    fi
    say "Installing them with apt-get${as_root[0]:+, through sudo}."
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -q -y)
    "${as_root[@]}" "${apt[@]}" update
    "${as_root[@]}" "${apt[@]}" install --no-install-recommends "${packages[@]}"
    case " ${packages[*]} " in
        *" mosquitto "*)
            say "Note: on most machines the package mosquitto also starts a service on port 1883. Trellis does not use it"
            say "and leaves it alone; if you don't want it: systemctl disable --now mosquitto"
            ;;
    esac
}

# NAME-VERSION of each that is not there.
missing_sdks() {
    local sdk
    for sdk in "${sdks[@]}"; do
        [ -d "$sdk_folder/$sdk.dist-info" ] || echo "$sdk"
    done
}

install_sdk() {
    local name=${1%-*} version=${1##*-}
    say "Installing $name $version, which the examples and tests use, into $sdk_folder."
    mkdir -p "$sdk_folder"
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-compile --upgrade \
        --target "$sdk_folder" "$name==$version" ||
        fail "pip could not install $name $version; its own words stand above."
}

check_swift
collect_missing_packages
[ ${#packages[@]} -eq 0 ] || install_packages
for sdk in $(missing_sdks); do
    install_sdk "$sdk"
done
