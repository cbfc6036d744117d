# Builds xmrtop from this folder: docker build --tag xmrtop .   (or: podman build --format docker --tag xmrtop .)
# Run it with --init, or `init: true` in compose, so that processes of --on-change programs are reaped.
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run --silent build && npm pack --ignore-scripts --silent && npm install --global --ignore-scripts --no-audit --no-fund --prefix /out ./xmrtop-*.tgz

FROM node:22-bookworm-slim
COPY --from=build /out/ /usr/local/
RUN mkdir -p /config /state && chown 1000:1000 /config /state && chmod 700 /config /state
# The user "node" of the base image, as a number, which Kubernetes needs to see that it is not root.
USER 1000:1000
# A locale of UTF-8, so that `docker exec` and `docker run --tty` show the signs of the table.
ENV NODE_ENV=production LANG=C.UTF-8 XMRTOP_CONFIG_DIR=/config XMRTOP_STATE_DIR=/state
VOLUME /state
EXPOSE 8780
# Whether xmrtop runs, not how the wallets are. Docker knows 0 (healthy) and 1 (unhealthy), and no other code.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["node", "-e", "fetch('http://127.0.0.1:8780/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["xmrtop"]
CMD ["serve", "--listen", "0.0.0.0:8780", "--token-file", "/run/secrets/token"]
