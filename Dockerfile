# The service alone: its locked packages, its SQL, no tool that it does not need. How to build and run it, and what is
# held of it: docs/operations.md. The classic builder can build it, so every engine can.

# By digest, since a tag may be another image tomorrow. Python 3.11, since that is what the tests run on.
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

# hadolint ignore=DL3006
FROM ${BASE} AS build
# Where packages come from, if not from pip's own default.
ARG PIP_INDEX_URL
ARG VERSION=0.1.0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
# pip stays here: what runs later has no installer.
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/service
COPY service.lock ./
# Sources of what is compiled are of no use where no compiler is. The service tells its version by its metadata.
RUN tools/bin/pip --python /opt/service/bin/python install --require-hashes --only-binary :all: -r service.lock \
    && find /opt/service \( -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' \) -delete \
    && info="$(echo /opt/service/lib/python3*/site-packages)/perflab-$VERSION.dist-info" \
    && mkdir "$info" \
    && printf 'Metadata-Version: 2.1\nName: perflab\nVersion: %s\n' "$VERSION" >"$info/METADATA"
COPY sql /app/sql
COPY service /app/service
# Compiled here, since the root may be read-only later; readable whatever the checkout's umask was.
RUN /opt/service/bin/python -m compileall -q --invalidation-mode unchecked-hash /app/service \
    && chmod -R a+rX,go-w /app /opt/service

# hadolint ignore=DL3006
FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="docaiche" \
      org.opencontainers.image.description="Searches the documentation of a team's technologies" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /opt/service /opt/service
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/service/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    DOCAICHE_HOST=0.0.0.0 DOCAICHE_PORT=8000
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-m", "service.probe"]
# The service is the first process, so that SIGTERM reaches it: it ends what is under way and stops.
ENTRYPOINT ["python", "-m"]
CMD ["service"]
