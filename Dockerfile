# The proxy for clients with Anthropic OAuth tokens, built from upstream's published wheel and the overlay of this repository:
#
#   docker build --tag litellm-oauth .
#   docker run --publish 127.0.0.1:4000:4000 --env LITELLM_MASTER_KEY litellm-oauth
#
# RELEASE builds on another pinned release of upstream's, OVERRIDES is a file of requirements/ for an index that lacks what a release asks
# for, and PIP_INDEX_URL and UV_DEFAULT_INDEX name another index than the usual one. examples/compose.yaml has it beside a database.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ARG RELEASE
ARG OVERRIDES
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
WORKDIR /src
COPY . .
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --requirement requirements/uv.txt
RUN /opt/uv/bin/uv venv --python "$(command -v python)" /opt/litellm \
    && LITELLM_FORK_UPSTREAM="$RELEASE" /opt/uv/bin/uv pip install --no-cache --compile-bytecode \
        --python /opt/litellm/bin/python ${OVERRIDES:+--override "$OVERRIDES"} '.[proxy]'

FROM build AS build-with-database
RUN /opt/uv/bin/uv pip install --no-cache --compile-bytecode --python /opt/litellm/bin/python 'prisma>=0.11,<1'

FROM python:${PYTHON}-slim AS serving
COPY examples/proxy_config.yaml /etc/litellm/proxy_config.yaml
RUN useradd --system --create-home --uid 10001 litellm
WORKDIR /home/litellm
ENV PATH=/opt/litellm/bin:$PATH LITELLM_LOCAL_MODEL_COST_MAP=True PYTHONUNBUFFERED=1
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4000/health/liveliness', timeout=4)"]
ENTRYPOINT ["litellm", "--host", "0.0.0.0", "--port", "4000"]
CMD ["--config", "/etc/litellm/proxy_config.yaml"]

# Prisma's client is generated into its package, and its engines into the home of whoever generates it: that has to be who serves.
FROM serving AS with-database
RUN apt-get update && apt-get install --yes --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
COPY --from=build-with-database --chown=litellm /opt/litellm /opt/litellm
USER litellm
RUN prisma generate --schema "$(find /opt/litellm/lib -path '*/litellm/proxy/schema.prisma')"

FROM serving
COPY --from=build /opt/litellm /opt/litellm
USER litellm
