# One image for web, worker, scheduler and the one-off that prepares; docker-compose.yml says which is which.
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --requirement requirements/base.txt

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    PERENNIAL_VAR=/var/lib/perennial \
    WEB_BIND=0.0.0.0:8000
# A fixed number, so that the owner of the volume's files stays the same from image to image.
RUN groupadd --gid 10001 perennial \
 && useradd --uid 10001 --gid perennial --home-dir /var/lib/perennial --shell /usr/sbin/nologin perennial \
 && install --directory --owner=perennial --group=perennial /var/lib/perennial
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
USER perennial
VOLUME /var/lib/perennial
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=6s --start-period=40s --retries=3 \
  CMD ["python", "-I", "config/probe.py"]
CMD ["gunicorn", "-c", "python:config.web_server", "config.wsgi:application"]
