FROM python:3.11-slim-trixie

# The image is the environment: there is nothing to bootstrap.
ENV PYTHONUNBUFFERED=1 \
    PLAYGROUND_NO_BOOTSTRAP=1

WORKDIR /srv/playground

# For `manage.py backup` and `restore`: they need the programs of the server's own version, see docker-compose.yml.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .

# The secrets made in passing are for this one command; an image carries none.
RUN python manage.py collectstatic --no-input --verbosity 0 \
    && rm -f var/secret_key var/data_keys \
    && python -m compileall -q accounts chat database playground providers runs \
    && useradd --system --no-create-home playground \
    && mkdir -p var/attachments \
    && chown -R playground var

USER playground
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]

CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
