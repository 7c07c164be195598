#!/usr/bin/env bash
# Puts a MariaDB server on this machine for the export tests, unless one is at hand already.
#   scripts/install-mysql.sh
# Does nothing when C360_TEST_MYSQL_URL names a server, or when mariadbd or mysqld is installed. Otherwise, as root on
# Debian or Ubuntu, installs the package mariadb-server without starting its system service: the tests start a private
# instance of their own (tests/python/servers.py). Anywhere else it says what to do and ends with 1.
set -euo pipefail

say() { echo "install-mysql: $*" >&2; }

if [ -n "${C360_TEST_MYSQL_URL:-}" ]; then
    say "C360_TEST_MYSQL_URL is set: that server is used, nothing to install"
    exit 0
fi
for server in mariadbd mysqld; do
    if PATH="$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec" command -v "$server" >/dev/null; then
        exit 0
    fi
done

if ! command -v apt-get >/dev/null; then
    say "no MySQL or MariaDB server found, and this is not Debian or Ubuntu."
    say "Install MariaDB 10.6+ or MySQL 8.0+, or set C360_TEST_MYSQL_URL=mysql://user:password@host:3306/schema"
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    say "no MySQL or MariaDB server found, and installing one needs root: sudo apt-get install mariadb-server"
    say "or set C360_TEST_MYSQL_URL=mysql://user:password@host:3306/schema"
    exit 1
fi

# The package would start a server on the default port; policy-rc.d with 101 is Debian's way to say
# "do not". Where the machine has such a policy of its own (containers do), that one decides.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
say "installing mariadb-server (it is not started as a service)"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends mariadb-server >/dev/null
say "installed: $(PATH="$PATH:/usr/sbin" mariadbd --version)"
