#!/bin/sh
# Builds the hub's image by what is here, buildah first: it needs no daemon and no root.
#   deploy/images/build.sh NAME[:TAG] [ARCHIVE.tar]
# The agent's image has a script of its own: npm run image.
set -eu
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
image=$1
archive=${2:-}
folder=$(cd "$(dirname "$0")/../.." && pwd)
file=$folder/deploy/images/hub.Dockerfile
base=${NODE_IMAGE:+--build-arg NODE_IMAGE=$NODE_IMAGE}
for tool in buildah podman docker; do
  command -v "$tool" >/dev/null && break
  tool=
done
case $tool in
  # In a container there is no user namespace to be had; its files are as good a place.
  buildah) buildah build ${ISOLATION:+--isolation "$ISOLATION"} --format docker $base -f "$file" -t "$image" "$folder" ;;
  podman | docker) "$tool" build $base -f "$file" -t "$image" "$folder" ;;
  *) echo 'build.sh: needs buildah, podman or docker' >&2; exit 1 ;;
esac
[ -n "$archive" ] || exit 0
case $tool in
  buildah) buildah push "$image" "docker-archive:$archive:$image" ;;
  *) "$tool" save -o "$archive" "$image" ;;
esac
