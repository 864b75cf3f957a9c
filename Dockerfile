# The platform as one image: the server (default command) and, with another command, a worker.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements/runtime.lock /tmp/runtime.lock
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/runtime.lock

FROM python:3.12-slim
# The user that owns /data and writes into the vaults: give it the number of the folder's owner on the host.
ARG APP_UID=1000
RUN useradd --uid "$APP_UID" --no-create-home --home-dir /data --shell /usr/sbin/nologin hisho \
    && install --directory --owner=hisho --group=hisho --mode=0750 /data /vaults
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
USER hisho
EXPOSE 8000
CMD ["python", "manage.py", "up", "--no-browser"]
