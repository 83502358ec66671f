# Image for Heroku and Railway: one small container that listens on the $PORT the platform gives it. Migrations run once per
# release in a step of the platform (docs/deploy/heroku.md), never when a web container starts.
FROM python:3.12.13-alpine3.23 AS builder

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY prod-requirements.txt /tmp/
# Wheels only: every package has one for musl, so neither a compiler nor a header file is needed.
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: --requirement /tmp/prod-requirements.txt


FROM python:3.12.13-alpine3.23

LABEL org.opencontainers.image.title="Season Tickets Tech backend" \
      org.opencontainers.image.description="Web server and Celery processes of the consignment backend" \
      org.opencontainers.image.licenses="BSD-3-Clause"

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production

RUN addgroup -S -g 1000 app && adduser -S -D -H -u 1000 -G app app
WORKDIR /app/django-backend
COPY --from=builder /opt/venv /opt/venv
COPY django-backend/ ./
RUN DJANGO_SETTINGS_MODULE=config.settings.build python manage.py collectstatic --noinput

USER 1000:1000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "config/probe.py"]
CMD ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
