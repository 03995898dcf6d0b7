# The registry's program, for web, worker, beat and migrations alike; docker-compose.yml says which runs what.
# Built in a stage of its own, so that the image has no pip, no compiler and nothing of the tests.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

# Exactly the locked wheels; nothing is compiled. The virtualenv itself has no pip.
COPY requirements/image.txt requirements/
RUN python -m venv --without-pip /venv \
 && python -m pip --python /venv/bin/python install --require-hashes --only-binary :all: -r requirements/image.txt
ENV PATH=/venv/bin:$PATH

COPY . .
RUN for po in locale/*/LC_MESSAGES/django.po; do \
      python -c 'import sys, polib; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])' "$po" "${po%.po}.mo" || exit 1; \
    done
# Hashed and compressed. The settings ask for all that production needs; here nothing is served and no server asked.
RUN PRODUCTION=1 DATA_DIR=/tmp/build ALLOWED_HOSTS=none.invalid \
    DATABASE_URL=postgresql://none.invalid/none REDIS_URL=redis://none.invalid \
    EMAIL_URL=smtps://none.invalid DEFAULT_FROM=none@none.invalid \
    SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))') \
    python manage.py collectstatic --noinput \
 && rm -rf /tmp/build requirements
# Bytecode that is not compared with its source: the root file system is read-only, and copying changes times.
RUN python -m compileall -q -f --invalidation-mode unchecked-hash /app /venv/lib

FROM python:3.13-slim
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip \
 && groupadd --gid 10001 registry \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin registry \
 && mkdir -p /data/documents && chown -R 10001:10001 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    PRODUCTION=1 DATA_DIR=/data PORT=8000
WORKDIR /app
USER 10001:10001
EXPOSE 8000
# Granian reads GRANIAN_WORKERS and the like; what stands here are the settings that should not vary.
ENV GRANIAN_WORKERS=2 GRANIAN_BLOCKING_THREADS=8
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-config", "config/granian.json", \
     "config.wsgi:application"]
