# syntax=docker/dockerfile:1
# Weir as `npm run serve` runs it. docker-compose.yml shows how to start it with PostgreSQL and Redis.

FROM node:24-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY patches patches
RUN npm ci --no-audit --no-fund
COPY . .
RUN node bin/build.ts /app

FROM node:24-trixie-slim
ENV NODE_ENV=production HTTP_HOST=0.0.0.0 HTTP_PORT=3000
WORKDIR /app
COPY --from=build /app ./
# The image's user `node`, by number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "health-check.mjs"]
CMD ["node", "serve.mjs"]
