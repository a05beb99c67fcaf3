# Built in one stage, run in another: what compiles and installs stays behind.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/gatepost \
 && /opt/gatepost/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY schema schema
COPY service service
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/gatepost/bin/pip install --no-cache-dir --no-deps /wheels/*.whl \
 && /opt/gatepost/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin gatepost \
 && install --directory --owner=gatepost --group=gatepost /data
COPY --from=build /opt/gatepost /opt/gatepost
ENV PATH=/opt/gatepost/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    GATEPOST_HOST=0.0.0.0 \
    GATEPOST_PORT=8080 \
    GATEPOST_DATABASE=sqlite:////data/gatepost.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['GATEPOST_PORT'] + '/readyz', timeout=2)"]
ENTRYPOINT ["gatepost"]
CMD ["serve"]
