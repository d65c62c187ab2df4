#!/usr/bin/env bash
# A browser to look at our pages with, from the packages of Debian or Ubuntu; needs root.
set -euo pipefail
apt-get install -y --no-install-recommends chromium fonts-dejavu-core || {
  apt-get update
  apt-get install -y --no-install-recommends chromium fonts-dejavu-core
}
