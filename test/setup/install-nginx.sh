#!/usr/bin/env bash
# nginx for test/integration/reverse-proxy.test.ts, from the packages of Debian or Ubuntu; needs root.
set -euo pipefail
apt-get install -y --no-install-recommends nginx-light || {
  apt-get update
  apt-get install -y --no-install-recommends nginx-light
}
