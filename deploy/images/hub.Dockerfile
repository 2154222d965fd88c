# docker build -f deploy/images/hub.Dockerfile -t switchyard .
FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends git bubblewrap ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/switchyard
COPY package.json package-lock.json ./
# The image brings its Node, and there is nothing to bundle yet.
RUN npm ci --omit=dev --ignore-scripts
COPY . .
RUN node scripts/bundle.ts && mkdir /data && chown node:node /data node_modules
USER node
VOLUME /data
EXPOSE 7070
ENV SWITCHYARD_HOST=0.0.0.0 SWITCHYARD_DATA=/data
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:7070/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "bin/switchyard.js", "start"]
