# Image for Heroku, Railway and Dokku: one small container that listens on the $PORT the platform gives it. Migrations run once
# per release in a step of the platform (docs/deploy/heroku.md), never when a web container starts. The last stage, `web`, is
# what a plain `docker build` makes; the other targets are for Heroku's registry, where an image's command is the process.
FROM python:3.12.13-alpine3.23 AS builder

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
# google-re2 alone has no wheel for musl. It is built against Alpine's RE2 with the locked setuptools, which then goes again.
# hadolint ignore=DL3018
RUN apk add --no-cache abseil-cpp-dev build-base py3-pybind11-dev re2-dev && \
    python -m venv /opt/venv
COPY prod-requirements.txt dev-requirements.txt /tmp/
RUN awk '/^[^ ]/ { kept = /^setuptools==/ } kept' /tmp/dev-requirements.txt > /tmp/build-requirements.txt && \
    /opt/venv/bin/pip install --no-deps --require-hashes --only-binary=:all: --requirement /tmp/build-requirements.txt && \
    /opt/venv/bin/pip install --no-deps --require-hashes --only-binary=:all: --no-binary=google-re2 --no-build-isolation \
        --requirement /tmp/prod-requirements.txt && \
    /opt/venv/bin/pip uninstall --yes setuptools && \
    /opt/venv/bin/pip check


FROM python:3.12.13-alpine3.23 AS app

LABEL org.opencontainers.image.title="Season Tickets Tech backend" \
      org.opencontainers.image.description="Web server and Celery processes of the consignment backend" \
      org.opencontainers.image.licenses="BSD-3-Clause"

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production

# hadolint ignore=DL3018
RUN apk add --no-cache re2
RUN addgroup -S -g 1000 app && adduser -S -D -H -u 1000 -G app app
WORKDIR /app/django-backend
COPY --from=builder /opt/venv /opt/venv
COPY docs/openapi.yaml /app/docs/
COPY django-backend/ ./
RUN DJANGO_SETTINGS_MODULE=config.settings.build python manage.py collectstatic --noinput

USER 1000:1000


# Heroku runs it before a release takes over; the release before stays when it fails.
FROM app AS release
CMD ["sh", "-c", "python manage.py migrate --noinput && python manage.py load_reference_data && python manage.py setup_staff_group"]


FROM app AS worker
CMD ["celery", "-A", "config", "worker", "--loglevel", "INFO"]


FROM app AS beat
CMD ["celery", "-A", "config", "beat", "--loglevel", "INFO", "--schedule", "/tmp/celerybeat-schedule"]


FROM app AS web
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "config/probe.py"]
CMD ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
