#!/bin/sh
# Removes the cluster with all that is in it: deploy/k3d/delete.sh [NAME]
set -eu
k3d cluster delete "${1:-switchyard}"
