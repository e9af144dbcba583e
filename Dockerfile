# Kindling in a container. DHCP lives on broadcasts, which no bridge of a container engine passes on, so
# it runs on the host's network:
#
#   docker build -t kindling .
#   docker run -d --name kindling --network host --restart unless-stopped \
#     -v /etc/kindling:/etc/kindling:ro -v kindling:/var/lib/kindling \
#     kindling serve --interface eth1
#
# It starts as root to bind its ports, then becomes the user kindling (KINDLING_USER below).

FROM node:24-bookworm-slim AS packages
WORKDIR /opt/kindling
COPY package.json package-lock.json ./
# No install script is needed: koffi's binary is a package of its own. The base image has Node 24, so the
# copy that npm scripts use on other hosts goes.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:24-bookworm-slim
# ipxe: the loaders that are served by TFTP and HTTP. bzip2, xz-utils: what disk images are packed with.
RUN apt-get update \
 && apt-get install -y --no-install-recommends bzip2 ipxe xz-utils \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /var/lib/kindling --shell /usr/sbin/nologin kindling \
 && install -d -o kindling -g kindling -m 0750 /var/lib/kindling /run/kindling /var/cache/kindling
WORKDIR /opt/kindling
COPY --from=packages /opt/kindling/node_modules node_modules
COPY package.json LICENSE ./
COPY scripts/healthcheck.ts scripts/
COPY images/recipes images/recipes
COPY images/installer images/installer
COPY src src

ENV NODE_ENV=production KINDLING_USER=kindling KINDLING_LOG_FORMAT=json
# The compiled code is part of the image and stays root's: root starts from it.
ENV NODE_COMPILE_CACHE=/opt/kindling/compiled
RUN node src/main.ts --version
VOLUME /var/lib/kindling
# For readers: with --network host nothing is mapped.
EXPOSE 53/udp 53/tcp 67/udp 69/udp 4011/udp 8080/tcp
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "scripts/healthcheck.ts"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
