# syntax=docker/dockerfile:1
#
# The headless server as an image: `docker build -t millrace .`
#
#   docker run --read-only --tmpfs /tmp --mount source=millrace,target=/data -p 8000:8000 \
#     --volume ./settings.json:/etc/millrace/settings.json:ro millrace serve --config /etc/millrace/settings.json --data /data --json
#
# docs/scaling-out.md says what the settings need, so that it answers beyond its container.
#
# The first stage installs what the lock file says, builds the GUI and puts together what a server needs, and nothing else
# (build/container.mjs). Its Node only starts npm: the server runs on the Node of the lock file.

FROM node:24-bookworm-slim AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY . .
RUN node build/gui.mjs
RUN node build/container.mjs /staged

FROM debian:bookworm-slim
# What Node and ONNX Runtime load beside the C library.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 millrace \
  && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin millrace \
  && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /staged /app
# As root and before the first start: the root of a running container is read-only, and with this it starts lean.
RUN ["/app/bin/node", "/app/build/warm-compile-cache.mjs"]
ENV NODE_ENV=production HOME=/data
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/app/bin/node", "/app/build/health.mjs"]
ENTRYPOINT ["/app/bin/node", "/app/bin/millrace.mjs"]
CMD ["serve", "--data", "/data", "--json"]
