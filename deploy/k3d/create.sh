#!/bin/sh
# A cluster in containers of this machine: deploy/k3d/create.sh [NAME]
set -eu
name=${1:-switchyard}
# Port 7070 of this machine alone leads to the hub. The API server stays on loopback.
k3d cluster create "$name" \
  --image rancher/k3s:v1.36.2-k3s1 \
  --servers 1 --agents 1 \
  --api-port 127.0.0.1:6550 \
  --port 127.0.0.1:7070:7070@loadbalancer \
  --k3s-arg '--disable=traefik@server:0' \
  --kubeconfig-switch-context=false \
  --wait --timeout 180s
echo "kubectl --context k3d-$name get nodes"
