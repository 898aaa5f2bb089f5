# syntax=docker/dockerfile:1
# Any image with Node >= 22.21 (and npm, for the build stage) will do.
ARG BASE_IMAGE=node:24-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json rolldown.config.ts ./
COPY src ./src
RUN npm run build && mkdir /empty

FROM ${BASE_IMAGE}
WORKDIR /app
# glibc gives blocks back when they are freed: a fifth less memory while history is read.
ENV NODE_ENV=production \
    CLARIFAI_SIEM_CONFIG=/etc/clarifai-siem-export/connector.yaml \
    MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=16384
COPY --from=build /app/package.json ./package.json
# Libraries are part of it; dist/sbom.cdx.json names them, dist/THIRD-PARTY-LICENSES.txt has their licences.
COPY --from=build /app/dist ./dist
COPY config ./config
COPY LICENSE CHANGELOG.md ./
# The root file system may be read-only: only the journal and the output folder are written to. A new volume takes over
# the owner that they have here.
COPY --from=build --chown=65532:65532 /empty /data
COPY --from=build --chown=65532:65532 /empty /out
VOLUME ["/data", "/out"]
USER 65532:65532
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/livez').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=1", "--heap-growing-percent=100", "--disable-warning=ExperimentalWarning", "/app/dist/main.js"]
CMD ["run"]
