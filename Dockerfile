FROM python:3.13-slim

# PostgreSQL refuses root and wants a user that is in /etc/passwd.
RUN useradd --uid 7350 --create-home --home-dir /home/kizuna kizuna \
    && install -d -o kizuna -g kizuna -m 0700 /data
WORKDIR /opt/kizuna

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY LICENSE NOTICE ./
COPY migrations migrations
COPY openapi openapi
COPY src src
RUN python -m compileall -q src

# /data holds the embedded PostgreSQL; with DATABASE_URL it stays empty.
ENV PYTHONPATH=/opt/kizuna/src PYTHONUNBUFFERED=1 KIZUNA_DATA_DIR=/data
USER kizuna
VOLUME /data
EXPOSE 7350
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "kizuna", "healthcheck"]
ENTRYPOINT ["python", "-m", "kizuna"]
CMD ["serve", "--host", "0.0.0.0"]
