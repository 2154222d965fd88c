# deploy/images/build.sh switchyard:dev, or: docker build -f deploy/images/hub.Dockerfile -t switchyard .
# Pin the base by its digest with NODE_IMAGE for a build that can be repeated.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /opt/switchyard
COPY package.json package-lock.json ./
# The image brings its Node, and there is nothing to bundle yet.
RUN npm ci --omit=dev --ignore-scripts
COPY . .
# A bundle is used while its sources have the times that it was made of, and layers keep whole seconds.
RUN find . -path ./node_modules -prune -o -exec touch --no-dereference --date=@0 {} + \
  && node scripts/bundle.ts \
  && chown 1000:1000 node_modules

FROM ${NODE_IMAGE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends git bubblewrap ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=1000 --group=1000 --mode=700 /data
COPY --from=build /opt/switchyard /opt/switchyard
WORKDIR /opt/switchyard
# By number, so that a cluster can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 7070
# What a thread freed goes back to the system: glibc may keep 14 MB of what was needed once, at the start.
ENV SWITCHYARD_HOST=0.0.0.0 SWITCHYARD_DATA=/data MALLOC_TRIM_THRESHOLD_=131072
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:7070/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "bin/switchyard.js", "start"]
