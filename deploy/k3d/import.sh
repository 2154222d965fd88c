#!/bin/sh
# Builds the hub's image and puts it into the cluster: deploy/k3d/import.sh [NAME] [IMAGE …]
set -eu
name=${1:-switchyard}
[ $# -gt 0 ] && shift
folder=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -eq 0 ]; then
  archive=$(mktemp -d)/switchyard.tar
  trap 'rm -rf "$(dirname "$archive")"' EXIT
  "$folder/deploy/images/build.sh" docker.io/library/switchyard:dev "$archive"
  set -- "$archive"
fi
k3d image import --cluster "$name" "$@"
