# The bot without the demo: installed from hashed locks, run as nobody special, on a root file system that may be read-only.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
# The packages first: their layer stays while only the bot changes.
COPY locks/build.txt locks/run.txt locks/
RUN pip install --require-hashes --only-binary=:all: -r locks/build.txt \
 && python -m venv /opt/helpbot \
 && /opt/helpbot/bin/pip install --require-hashes --only-binary=:all: -r locks/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY knowledge knowledge
COPY bot bot
COPY cogs cogs
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && /opt/helpbot/bin/pip install --no-deps --no-index /wheels/*.whl \
 && /opt/helpbot/bin/pip uninstall --yes pip
COPY --chmod=755 deploy/healthy.py /opt/helpbot/bin/healthy

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="Axolotl Help Bot" org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin helpbot \
 && install --directory --owner=helpbot --group=helpbot --mode=0700 /data
COPY --from=build /opt/helpbot /opt/helpbot
# What is written goes to /data (the database and its backups) and /tmp (a cache of fonts), nowhere else.
ENV PATH=/opt/helpbot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    HELPBOT_DATABASE=/data/helpbot.sqlite3 \
    HELPBOT_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 CMD ["healthy"]
ENTRYPOINT ["helpbot"]
CMD ["run"]
